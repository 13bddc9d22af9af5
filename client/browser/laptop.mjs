// The real server on a free port, and a browser on it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.LATCHKEY_LOCAL ?? join(root, 'target/debug/latchkey-local');
const axe = readFileSync(join(root, 'client/node_modules/axe-core/axe.min.js'), 'utf8');

export async function serve() {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: cargo build -p latchkey-local`);
  // As few people press buttons as tests do: the general limit is not what is tested here.
  const env = { ...process.env, LIMIT_GENERAL: '10000/15m' };
  const child = spawn(binary, ['--port', '0', '--memory', '--pages', join(root, 'client/demo/dist')], { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const url = line.replace('listening on ', '');
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  return { url, post, stop: () => child.kill('SIGTERM') };
}

export const launch = () =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

/** Without motion: a colour that is half-way to another one has no contrast to measure. A browser of its own: cookies and tabs apart from every other. */
export async function person(browser, laptop, options = {}) {
  const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce', viewport: { width: 1000, height: 800 }, ...options });
  const said = [];
  const open = async () => {
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(laptop.url);
    return page;
  };
  return { context, said, open };
}

export async function signIn(page, name) {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('This device').waitFor();
}

/** Axe's findings, in words. */
export async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

export const shots = process.env.LATCHKEY_SHOTS ?? mkdtempSync(join(tmpdir(), 'latchkey-shots-'));
