// @vitest-environment node
/** The code of the README and of the identity providers' page runs as it is written. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderToString } from 'react-dom/server';
import { afterAll, expect, test } from 'vitest';
import { send, serve } from '../server/support/http.js';
import { LOCAL_AUDIENCE, startLocalServer } from '../server/support/local-server.js';
import { blockWith } from './support/blocks.js';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Below this folder, so that imports find the packages of this one. */
const folder = mkdtempSync(join(here, 'blocks-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** The exports of a block, with `changes` for what differs from a reader's machine. */
async function run(page: string, text: string, changes: Record<string, string> = {}): Promise<Record<string, unknown>> {
  const { code, kind } = blockWith(page, text);
  let changed = code;
  for (const [from, to] of Object.entries(changes)) {
    expect(code, `${page} has ${from}`).toContain(from);
    changed = changed.replaceAll(from, to);
  }
  const file = join(folder, `${Math.random().toString(36).slice(2)}.${kind}`);
  writeFileSync(file, changed);
  return (await import(/* @vite-ignore */ file)) as Record<string, unknown>;
}

test('the code of the README has at most 15 lines', () => {
  const blocks = [blockWith('README.md', 'SessionMonitoring'), blockWith('README.md', 'express')];
  const lines = blocks.flatMap(({ code }) => code.split('\n')).filter((line) => line.trim() !== '');
  expect(lines.length).toBeLessThanOrEqual(15);
});

test('the front end of the README renders and signs in', async () => {
  const calls: unknown[] = [];
  const fetch = globalThis.fetch;
  const changes = {
    "'@latchkey/react'": "'../../../src/index.js'",
    "import '@latchkey/react/styles.css'\n": '',
    "'/api/auth'": "'https://app.example.com/api/auth'",
  };
  const { Devices, signIn } = (await run('README.md', 'SessionMonitoring', changes)) as {
    Devices: () => React.ReactElement;
    signIn: (token: string) => Promise<unknown>;
  };
  expect(renderToString(<Devices />)).toContain('signed in');
  globalThis.fetch = async (url, init) => {
    calls.push([String(url), init?.method, JSON.parse(String(init?.body))]);
    return new Response('{}', { status: 500 });
  };
  await expect(signIn('a.b.c')).rejects.toThrow();
  globalThis.fetch = fetch;
  expect(calls[0]).toEqual(['https://app.example.com/api/auth/login', 'POST', { assertion: 'a.b.c', delivery: 'cookie' }]);
});

test('the backend of the README knows the signed-in user', async () => {
  const api = await startLocalServer();
  const changes = { 'https://app.example.com/api/auth': api.issuer, "audience: 'shop'": `audience: '${LOCAL_AUDIENCE}'` };
  const { app } = await run('README.md', 'express', changes);
  const served = await serve(app as Parameters<typeof serve>[0]);
  const { accessToken } = await api.signIn('alice');
  const bearer = ['authorization', `Bearer ${accessToken}`];
  expect(await send(served.port, '/api/orders', bearer)).toMatchObject({ status: 200, body: { ordersOf: 'alice' } });
  expect(await send(served.port, '/api/orders')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  await served.close();
  await api.stop();
});

test('a backend of your own opens a session with the assertion that it signs', async () => {
  const page = 'docs/identity-providers.md';
  const { assertionFor, jwks } = (await run(page, 'assertionFor')) as { assertionFor: (user: string) => Promise<string>; jwks: object };
  const section = readFileSync(join(here, '../../..', page), 'utf8').split('## Your own backend')[1] ?? '';
  const [, setting = ''] = /```json\n([\s\S]*?)```/.exec(section) ?? [];
  const [entry] = JSON.parse(setting) as Record<string, unknown>[];
  const trusted = [{ ...entry, jwks_url: undefined, jwks }];
  const api = await startLocalServer({ LATCHKEY_TRUSTED_ISSUERS: JSON.stringify(trusted) });
  const opened = await api.post('/api/auth/login', { assertion: await assertionFor('user-4711'), delivery: 'body' });
  expect(opened).toMatchObject({ user_id: 'user-4711' });
  const [, claims = ''] = String(opened['access_token']).split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ sub: 'user-4711', scope: 'orders:read' });
  await api.stop();
});
