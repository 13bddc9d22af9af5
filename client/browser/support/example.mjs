// Starts an example's `serve.mjs` in front of a local server, with a build of the package made for the tests of one file.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const client = fileURLToPath(new URL('../..', import.meta.url));

/** Returns a function that starts an example in front of `server` and returns the address of its page. */
export function useExamples(server) {
  const dist = mkdtempSync(join(tmpdir(), 'latchkey-dist-'));
  const children = [];
  before(() => {
    execFileSync(process.execPath, [join(client, 'node_modules/typescript/bin/tsc'), '-p', join(client, 'tsconfig.build.json'), '--noCheck', '--outDir', dist]);
  });
  after(() => {
    for (const child of children) child.kill('SIGTERM');
    rmSync(dist, { recursive: true, force: true });
  });
  return async (name) => {
    const env = { ...process.env, LATCHKEY: server.url, LATCHKEY_DIST: `${pathToFileURL(dist)}/`, PORT: '0' };
    const child = spawn(process.execPath, [join(client, `../examples/${name}/serve.mjs`)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = await once(createInterface(child.stdout), 'line');
    return line.replace('open ', '');
  };
}
