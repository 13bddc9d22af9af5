// Starts the real server on a free port, and a browser, for the tests of one file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const binary = process.env.LATCHKEY_LOCAL ?? join(root, 'target/debug/latchkey-local');

/** The options of every launch of the browser. */
export const chromiumOptions = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
};

/** Starts the server with options and settings, which are environment variables. Resolves when it has printed its address. `log` has the lines of its log. */
export async function spawnLocalServer(options, settings = {}) {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run \`cargo build -p latchkey-local\``);
  // The tests send more requests than a user does, and do not test the general limit.
  const env = { ...process.env, LIMIT_GENERAL: '10000/15m', ...settings };
  const pages = join(root, 'client/demo/dist');
  const child = spawn(binary, ['--port', '0', '--pages', pages, ...options], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createInterface(child.stderr);
  process.once('exit', () => child.kill('SIGTERM'));
  const [line] = await once(createInterface(child.stdout), 'line');
  return { url: line.replace('listening on ', ''), log, stop: () => child.kill('SIGTERM') };
}

/** `settings` are environment variables of the server. */
export async function startLocalServer(settings = {}) {
  const { url, stop } = await spawnLocalServer(['--memory'], settings);
  const post = async (path, body, more = {}) => {
    const headers = { 'content-type': 'application/json', ...more };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  /** Signs in without a browser; the response has the tokens. */
  const login = async (sub, headers) => {
    const { assertion } = await post('/dev/assertion', { sub });
    return post('/api/auth/login', { assertion, delivery: 'body' }, headers);
  };
  return { url, post, login, stop };
}

/** A server with a `browser`, from the first test of a file to the last. */
export function useLocalServer(options = {}, settings = {}) {
  const server = {};
  before(async () => {
    Object.assign(server, await startLocalServer(settings));
    server.browser = await chromium.launch({ ...chromiumOptions, ...options });
  });
  after(async () => {
    await server.browser?.close();
    server.stop?.();
  });
  return server;
}
