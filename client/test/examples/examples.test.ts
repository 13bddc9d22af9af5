import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { NextRequest } from 'next/server';
import { send } from '../server/support/http.js';
import { startLocalServer, type LocalServer } from '../server/support/local-server.js';
import { buildPackage, exampleNames, examples, type Package } from './support/install.js';
import { runProgram, startProgram } from './support/program.js';

// Each test starts a program, which takes long on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

let api: LocalServer;
let built: Package;
const origin = (): string => `http://127.0.0.1:${api.port}`;

beforeAll(async () => {
  built = buildPackage();
  api = await startLocalServer();
  vi.stubEnv('LATCHKEY_ISSUER', api.issuer);
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await api?.stop();
  built?.remove();
});

test('every example is in the index and has a README with its command', () => {
  const index = readFileSync(join(examples, 'README.md'), 'utf8');
  for (const name of exampleNames()) {
    expect(index).toContain(`](${name})`);
    expect(readFileSync(join(examples, name, 'README.md'), 'utf8'), name).toMatch(/^(node |npm )/m);
  }
});

test('node-guard: orders have the offline check, settings the strict check', async () => {
  const server = await startProgram(join(built.install('node-guard'), 'server.js'), { PORT: '0', LATCHKEY_ISSUER: api.issuer });
  try {
    const port = Number(new URL(server.url).port);
    const { accessToken, sessionId } = await api.signIn('alice');
    const headers = ['authorization', `Bearer ${accessToken}`];
    expect(await send(port, '/api/orders', headers)).toMatchObject({ status: 200, body: { ordersOf: 'alice' } });
    expect(await send(port, '/api/settings', headers, 'PUT')).toMatchObject({ status: 200, body: { changedBy: sessionId } });
    await api.post('/api/auth/revoke', { strategy: 'current' }, accessToken);
    expect(await send(port, '/api/orders', headers)).toMatchObject({ status: 200 });
    expect(await send(port, '/api/settings', headers, 'PUT')).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(await send(port, '/api/orders')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  } finally {
    await server.stop();
  }
});

test('nextjs: orders have the offline check, the account the strict check', async () => {
  const orders = await import('../../../examples/nextjs/app/api/orders/[id]/route.js');
  const account = await import('../../../examples/nextjs/app/api/account/route.js');
  const { accessToken } = await api.signIn('alice');
  const ask = (headers: HeadersInit) => new NextRequest('https://app.example.com/api', { headers });
  const signedIn = { authorization: `Bearer ${accessToken}` };
  const params = { params: Promise.resolve({ id: '7' }) };
  expect(await (await orders.GET(ask(signedIn), params)).json()).toEqual({ order: '7', of: 'alice' });
  expect((await orders.GET(ask({}), params)).status).toBe(401);
  expect((await account.DELETE(ask(signedIn))).status).toBe(200);
  await api.post('/api/auth/revoke', { strategy: 'current' }, accessToken);
  expect((await account.DELETE(ask(signedIn))).status).toBe(401);
});

test('authorizer: allows a valid token, refuses a forged one and none', async () => {
  const { code, output } = await runProgram(join(examples, 'authorizer/authorize.mjs'), [], { API: origin() });
  expect(output).toMatch(/a valid token: \{"isAuthorized":true,"context":\{"sub":"alice","sid":"[0-9a-f-]{36}","scope":""\}\}/);
  expect(output).toContain('a forged token: {"isAuthorized":false}');
  expect(output).toContain('no token: {"isAuthorized":false}');
  expect(code).toBe(0);
});

test('admin-revocation: ends all sessions of the user and prints the record', async () => {
  const script = join(examples, 'admin-revocation/revoke.mjs');
  const [one, two, other] = [await api.signIn('paul'), await api.signIn('paul'), await api.signIn('mary')];
  const { code, output } = await runProgram(script, ['paul', 'stolen laptop'], { API: origin() });
  expect(output).toContain('ended 2 sessions of paul');
  expect(output).toContain('"stolen laptop"');
  expect(code).toBe(0);
  for (const { accessToken } of [one, two]) {
    expect(await send(api.port, '/api/auth/sessions', ['authorization', `Bearer ${accessToken}`])).toMatchObject({
      status: 401,
      body: { code: 'session_ended', reason: 'admin' },
    });
  }
  expect(await send(api.port, '/api/auth/sessions', ['authorization', `Bearer ${other.accessToken}`])).toMatchObject({ status: 200 });
});

test('admin-revocation: names the error if the caller is no administrator', async () => {
  const { accessToken } = await api.signIn('mallory');
  const script = join(examples, 'admin-revocation/revoke.mjs');
  const { code, output } = await runProgram(script, ['paul', 'a reason'], { API: origin(), ADMIN_TOKEN: accessToken });
  expect([code, output]).toEqual([1, expect.stringContaining('403 forbidden')]);
});

test('provider-orders: each of the three orders ends its session', async () => {
  const reserved = createServer().listen(0, '127.0.0.1');
  await once(reserved, 'listening');
  const { port } = reserved.address() as AddressInfo;
  reserved.close();
  const issuer = `http://127.0.0.1:${port}`;
  const logout = { backchannel: {}, global_revocation: {}, events: { types: ['session-revoked'] } };
  const trusted = [{ issuer, audience: 'shop', jwks_url: `${issuer}/jwks.json`, logout }];
  const server = await startLocalServer({ PROVIDER_ORDERS: 'true', LATCHKEY_TRUSTED_ISSUERS: JSON.stringify(trusted) });
  try {
    const script = join(examples, 'provider-orders/orders.mjs');
    const { code, output } = await runProgram(script, [], { API: `http://127.0.0.1:${server.port}`, PORT: String(port) });
    const end = 'then the session is 401 session_ended \\(provider\\)';
    const lines = [['back-channel logout', 200], ['global token revocation', 204], ['security event', 202]] as const;
    for (const [name, status] of lines) expect(output).toMatch(new RegExp(`${name}: ${status} after \\d+ ms; ${end}`));
    expect(code).toBe(0);
  } finally {
    await server.stop();
  }
});
