import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/api-types.mjs', import.meta.url));
const description = fileURLToPath(new URL('../../../openapi.yaml', import.meta.url));

function check(...more: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [script, '--check', ...more], { encoding: 'utf8' });
  return { status, stderr };
}

test('src/api.ts matches openapi.yaml', { timeout: 30_000 }, () => {
  expect(check()).toEqual({ status: 0, stderr: '' });
});

test('one more member in openapi.yaml is noticed', { timeout: 30_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-api-types-'));
  try {
    const other = join(folder, 'openapi.yaml');
    const text = readFileSync(description, 'utf8');
    const member = '        active: {type: boolean, const: true}\n';
    expect(text).toContain(member);
    writeFileSync(other, text.replace(member, `${member}        more: {type: string}\n`));
    expect(check(other)).toMatchObject({ status: 1, stderr: expect.stringContaining('api-types') as string });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
