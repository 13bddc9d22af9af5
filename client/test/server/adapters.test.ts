/** The guard in the real Fastify, Koa, Hono and Next.js. Express and Connect have `frameworks.test.ts`. */

import type { Server } from 'node:http';
import { connect, createServer as createHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { NextRequest, NextResponse } from 'next/server';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { authOf, createTokenValidationMiddleware, type Auth, type TokenValidationMiddleware, type WithAuth } from '../../src/server/index.js';
import { useMovableClock } from './support/clock.js';
import { send, serve, type RawHeaders, type Reply } from './support/http.js';
import { AUDIENCE, ISSUER, makeKey, mint, SESSION } from './support/issuer.js';

useMovableClock();

const ACCESS = '__Host-latchkey_access';
const alice = { userId: 'alice', sessionId: SESSION, scope: 'orders:read orders:write' };

let token: string;
let makeGuard: (onRefused?: () => void) => TokenValidationMiddleware;
let close: (() => Promise<unknown>) | undefined;

beforeAll(async () => {
  const key = await makeKey('ES256');
  token = await mint(key);
  makeGuard = (onRefused) => createTokenValidationMiddleware({ issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] }, onRefused });
});

afterEach(async () => {
  await close?.();
  close = undefined;
});

type Ask = (headers: RawHeaders, path?: string, method?: string) => Promise<Reply>;

/** An app with the routes /orders, which responds with its caller, and /throws; both behind the guard. */
type Start = (guard: TokenValidationMiddleware) => Promise<Ask>;

const startFastify: Start = async (guard) => {
  const app = Fastify();
  app.addHook('onRequest', guard.fastify);
  app.all('/orders', (request) => ({ known: authOf(request), onRequest: (request as typeof request & WithAuth).auth }));
  app.get('/throws', async () => {
    throw new Error('the handler failed');
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  close = () => app.close();
  return (headers, path = '/orders', method = 'GET') => send(portOf(app.server), path, headers, method);
};

const startFastifyRoute: Start = async (guard) => {
  const app = Fastify();
  app.all('/orders', { preHandler: guard.fastify }, async (request) => ({ known: authOf(request) }));
  app.get('/throws', { preHandler: guard.fastify }, () => {
    throw new Error('the handler failed');
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  close = () => app.close();
  return (headers, path = '/orders', method = 'GET') => send(portOf(app.server), path, headers, method);
};

const startKoa: Start = async (guard) => {
  const app = new Koa<WithAuth>();
  app.silent = true;
  app.use(guard.koa);
  app.use((context) => {
    if (context.path === '/throws') throw new Error('the handler failed');
    context.body = { known: authOf(context), onRequest: context.state.auth };
  });
  const served = await serve(app.callback());
  close = () => served.close();
  return (headers, path = '/orders', method = 'GET') => send(served.port, path, headers, method);
};

const startHono: Start = async (guard) => {
  const app = new Hono<{ Variables: WithAuth }>();
  app.use('*', guard.hono);
  app.all('/orders', (context) => context.json({ known: authOf(context), onRequest: context.get('auth') }));
  app.get('/throws', () => {
    throw new Error('the handler failed');
  });
  app.onError((error, context) => context.json({ failed: error.message }, 500));
  return async (raw, path = '/orders', method = 'GET') => replyOf(await app.request(path, { method, headers: headersOf(raw) }));
};

/** A route handler of the App Router. */
const startNextHandler: Start = async (guard) => {
  const orders = guard.handler((request: NextRequest & WithAuth, _context: { params: Promise<object> }) =>
    NextResponse.json({ known: authOf(request), onRequest: request.auth }),
  );
  const throws = guard.handler(() => Promise.reject(new Error('the handler failed')));
  return async (raw, path = '/orders', method = 'GET') => {
    const request = new NextRequest(`https://app.example.com${path}`, { method, headers: headersOf(raw) });
    const response = path === '/throws' ? throws(request) : orders(request, { params: Promise.resolve({}) });
    return replyOf(await response.catch((error: Error) => Response.json({ failed: error.message }, { status: 500 })));
  };
};

/** `proxy.ts` of Next.js 16, `middleware.ts` before. */
const startNextProxy: Start = async (guard) => {
  const proxy = async (request: NextRequest): Promise<Response> => {
    const { auth, response } = await guard.admit(request);
    return response ?? NextResponse.json({ known: authOf(request), onRequest: auth });
  };
  return async (raw, path = '/orders', method = 'GET') =>
    replyOf(await proxy(new NextRequest(`https://app.example.com${path}`, { method, headers: headersOf(raw) })));
};

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function headersOf(raw: RawHeaders): Headers {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] ?? '', raw[i + 1] ?? '');
  return headers;
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

const FRAMEWORKS: [name: string, start: Start, isServer: boolean][] = [
  ['Fastify with onRequest', startFastify, true],
  ['Fastify with preHandler', startFastifyRoute, true],
  ['Koa', startKoa, true],
  ['Hono', startHono, false],
  ['a route handler of Next.js', startNextHandler, false],
  ['the proxy of Next.js', startNextProxy, false],
];

describe.each(FRAMEWORKS)('%s', (name, start, isServer) => {
  test('lets a valid token through, in the header or in the cookie', async () => {
    const ask = await start(makeGuard());
    for (const headers of [['authorization', `Bearer ${token}`], ['cookie', `${ACCESS}=${token}`]]) {
      const { status, body } = await ask(headers);
      const { known, onRequest = known } = body as { known: Auth; onRequest?: Auth };
      expect([status, known, onRequest]).toEqual([200, alice, alice]);
    }
  });

  test('refuses with the complete response of the API', async () => {
    const ask = await start(makeGuard());
    const missing = await ask([]);
    expect(missing).toMatchObject({
      status: 401,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'www-authenticate': 'Bearer',
        'x-content-type-options': 'nosniff',
      },
      body: { code: 'token_missing', request_id: missing.headers['x-request-id'] },
    });
    expect(await ask(['authorization', 'Bearer a.b.c'])).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(await ask(['cookie', `${ACCESS}=${token}`, 'content-length', '0'], '/orders', 'POST')).toMatchObject({ status: 403, body: { code: 'csrf_rejected' } });
  });

  test('sees two Authorization headers, and ignores Basic', async () => {
    const ask = await start(makeGuard());
    const twice = ['authorization', `Bearer ${token}`, 'Authorization', 'Bearer x'];
    expect(await ask(twice)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    const password = ['authorization', 'Basic YTpi', 'cookie', `${ACCESS}=${token}`];
    expect(await ask(password)).toMatchObject({ status: 200, body: { known: alice } });
  });

  test("accepts a cookie with a POST from the app's own page, by either header", async () => {
    const ask = await start(makeGuard());
    const own = isServer ? undefined : 'https://app.example.com';
    for (const proof of [['sec-fetch-site', 'same-origin'], ...(own ? [['origin', own, 'host', 'app.example.com']] : [])]) {
      const headers = ['cookie', `${ACCESS}=${token}`, 'content-length', '0', ...proof];
      expect(await ask(headers, '/orders', 'POST')).toMatchObject({ status: 200 });
    }
  });

  test('leaves the errors of a handler to the framework', async () => {
    if (name === 'the proxy of Next.js') return;
    const ask = await start(makeGuard());
    expect(await ask(['authorization', `Bearer ${token}`], '/throws')).toMatchObject({ status: 500 });
    expect(await ask(['authorization', `Bearer ${token}`])).toMatchObject({ status: 200 });
  });
});

describe.each(FRAMEWORKS.filter(([, , isServer]) => isServer))('%s', (_, start) => {
  test('gets an error of onRefused, and goes on', async () => {
    const ask = await start(
      makeGuard(() => {
        throw new Error('the log is full');
      }),
    );
    expect(await ask([])).toMatchObject({ status: 500 });
    expect(await ask(['authorization', `Bearer ${token}`])).toMatchObject({ status: 200 });
  });
});

test('a reply that Fastify has already sent is left alone', async () => {
  const app = Fastify();
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.setHeader('x-first', 'yes');
    reply.hijack();
    reply.raw.end('first');
  });
  app.get('/orders', { preHandler: makeGuard().fastify }, async () => ({}));
  await app.listen({ host: '127.0.0.1', port: 0 });
  close = () => app.close();
  expect(await send(portOf(app.server), '/orders')).toMatchObject({ status: 200, body: 'first' });
});

test('a request of HTTP/2 has its own host in :authority', async () => {
  const guard = makeGuard();
  const server = createHttp2((request, response) => guard(request, response as never, () => response.end('passed')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  close = async () => {
    session.close();
    await new Promise((resolve) => server.close(resolve));
  };
  const post = (origin: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { ':method': 'POST', ':path': '/orders', ':authority': 'app.example.com', cookie: `${ACCESS}=${token}`, origin };
      const stream = session.request(headers, { endStream: true });
      stream.on('response', ({ ':status': status }) => resolve(Number(status)));
      stream.on('error', reject);
      stream.resume();
    });
  expect([await post('https://app.example.com'), await post('https://evil.example')]).toEqual([200, 403]);
});
