// The real server on a free port, and a browser on it, for the tests of one file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.LATCHKEY_LOCAL ?? join(root, 'target/debug/latchkey-local');

/** What every launch of the browser has in common. */
export const chromiumOptions = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
};

export async function serve() {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: cargo build -p latchkey-local`);
  // As few people press buttons as tests do: the general limit is not what is tested here.
  const env = { ...process.env, LIMIT_GENERAL: '10000/15m' };
  const pages = join(root, 'client/demo/dist');
  const child = spawn(binary, ['--port', '0', '--memory', '--pages', pages], { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => child.kill('SIGTERM'));
  const [line] = await once(createInterface(child.stdout), 'line');
  const url = line.replace('listening on ', '');
  const post = async (path, body, more = {}) => {
    const headers = { 'content-type': 'application/json', ...more };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  /** An app without a browser signs in; the answer has its tokens. */
  const login = async (sub, headers) => {
    const { assertion } = await post('/dev/assertion', { sub });
    return post('/api/auth/login', { assertion, delivery: 'body' }, headers);
  };
  return { url, post, login, stop: () => child.kill('SIGTERM') };
}

/** Both, from the first test of a file to its last. */
export function laptop(options = {}) {
  const it = {};
  before(async () => {
    Object.assign(it, await serve());
    it.browser = await chromium.launch({ ...chromiumOptions, ...options });
  });
  after(async () => {
    await it.browser?.close();
    it.stop?.();
  });
  return it;
}
