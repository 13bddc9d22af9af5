import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { NextRequest } from 'next/server';
import { createApp } from '../../examples/express/app.js';
import { send, serve, type Served } from './support/http.js';
import { LOCAL_AUDIENCE, startLocalServer, type LocalServer } from './support/local-server.js';

let api: LocalServer;
let express: Served;

beforeAll(async () => {
  api = await startLocalServer();
  express = await serve(createApp({ issuer: api.issuer, audience: LOCAL_AUDIENCE, cookieSecure: false }));
  vi.stubEnv('LATCHKEY_ISSUER', api.issuer);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await express?.close();
  await api?.stop();
});

test('the Express example knows who is signed in, and for its settings whether they still are', async () => {
  const { accessToken, sessionId } = await api.signIn('alice');
  const headers = ['authorization', `Bearer ${accessToken}`];
  expect(await send(express.port, '/api/orders', headers)).toMatchObject({ status: 200, body: { ordersOf: 'alice' } });
  expect(await send(express.port, '/api/settings', headers, 'PUT')).toMatchObject({ status: 200, body: { changedBy: sessionId } });
  await api.post('/api/auth/revoke', { strategy: 'current' }, accessToken);
  expect(await send(express.port, '/api/orders', headers)).toMatchObject({ status: 200 });
  expect(await send(express.port, '/api/settings', headers, 'PUT')).toMatchObject({ status: 401, body: { code: 'session_ended' } });
  expect(await send(express.port, '/api/orders')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
});

test('the Next.js example knows who is signed in, and for its account whether they still are', async () => {
  const orders = await import('../../examples/nextjs/app/api/orders/[id]/route.js');
  const account = await import('../../examples/nextjs/app/api/account/route.js');
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
