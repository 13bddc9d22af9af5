import express, { type ErrorRequestHandler } from 'express';
import { Hono } from 'hono';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { authOf, createTokenValidationMiddleware, type Auth, type TokenValidationOptions } from '../../src/server/index.js';
import { useMovableClock } from './support/clock.js';
import { send, serve, type Served } from './support/http.js';
import { AUDIENCE, ISSUER, makeKey, mint, SESSION } from './support/issuer.js';

useMovableClock();

const ACCESS = '__Host-latchkey_access';
const alice = { userId: 'alice', sessionId: SESSION, scope: 'orders:read orders:write' };

let options: TokenValidationOptions;
let token: string;
let served: Served | undefined;

beforeAll(async () => {
  const key = await makeKey('ES256');
  token = await mint(key);
  options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] } };
});

afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function serveExpress(changes: Partial<TokenValidationOptions> = {}): Promise<number> {
  const app = express();
  app.use(createTokenValidationMiddleware({ ...options, ...changes }));
  app.all('/orders', (request, response) => {
    response.json({ known: authOf(request), onRequest: (request as typeof request & { auth: Auth }).auth });
  });
  const failed: ErrorRequestHandler = (error: Error, _request, response, _next) => {
    response.status(500).json({ failed: error.message });
  };
  app.use(failed);
  served = await serve(app);
  return served.port;
}

/** `(req, res, next)` with only Node's `http`, as Connect calls it. */
async function serveConnect(): Promise<number> {
  const guard = createTokenValidationMiddleware(options);
  served = await serve((request, response) => {
    guard(request, response, (error) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ error, known: authOf(request) }));
    });
  });
  return served.port;
}

describe.each([
  ['Express', () => serveExpress()],
  ['Connect', () => serveConnect()],
])('%s', (_, start) => {
  test('lets a valid token through, with auth on the request', async () => {
    const port = await start();
    for (const headers of [['authorization', `Bearer ${token}`], ['cookie', `${ACCESS}=${token}`]]) {
      expect(await send(port, '/orders', headers)).toMatchObject({ status: 200, body: { known: alice } });
    }
  });

  test('responds for the app if there is no valid token', async () => {
    const port = await start();
    const missing = await send(port, '/orders');
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
    const wrong = await send(port, '/orders', ['authorization', 'Bearer a.b.c']);
    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(wrong.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect((await send(port, '/orders', [], 'HEAD')).status).toBe(401);
  });

  test('sees a second Authorization header, which Node drops', async () => {
    const port = await start();
    const twice = ['authorization', `Bearer ${token}`, 'Authorization', 'Bearer x'];
    expect(await send(port, '/orders', twice)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  });

  test('refuses two cookies of one name, in one line or in two', async () => {
    const port = await start();
    const one = ['cookie', `${ACCESS}=${token}; ${ACCESS}=x`];
    const two = ['cookie', `${ACCESS}=x`, 'cookie', `${ACCESS}=${token}`];
    for (const headers of [one, two]) {
      expect(await send(port, '/orders', headers)).toMatchObject({ status: 400, body: { field: 'cookie' } });
    }
  });

  test("accepts a cookie with a POST only from the app's own pages", async () => {
    const port = await start();
    const cookie = ['cookie', `${ACCESS}=${token}`];
    expect(await send(port, '/orders', cookie, 'POST')).toMatchObject({ status: 403, body: { code: 'csrf_rejected' } });
    const own = [...cookie, 'sec-fetch-site', 'same-origin'];
    expect(await send(port, '/orders', own, 'POST')).toMatchObject({ status: 200 });
  });
});

test('Express gets a bug as an error, and the request does not hang', async () => {
  const port = await serveExpress({
    onRefused: () => {
      throw new Error('the log is full');
    },
  });
  expect(await send(port, '/orders')).toMatchObject({ status: 500, body: { failed: 'the log is full' } });
});

test('two Origin headers are refused', async () => {
  const app = 'https://shop.example.com';
  const port = await serveExpress({ allowedOrigins: [app] });
  const one = ['cookie', `${ACCESS}=${token}`, 'origin', app];
  expect(await send(port, '/orders', one, 'POST')).toMatchObject({ status: 200 });
  const two = [...one, 'origin', 'https://evil.example'];
  expect(await send(port, '/orders', two, 'POST')).toMatchObject({ status: 403, body: { code: 'csrf_rejected' } });
});

test('a request without raw headers is read by its headers', () => {
  const guard = createTokenValidationMiddleware(options);
  const request = { method: 'GET', headers: { authorization: `Bearer ${token}` }, rawHeaders: [] };
  const response = { statusCode: 0, setHeader: () => expect.fail(), end: () => expect.fail() };
  return new Promise<void>((resolve) => {
    guard(request, response, (error) => {
      expect(error).toBeUndefined();
      expect(authOf(request)).toEqual(alice);
      resolve();
    });
  });
});

test('Hono calls the wrapped handler with its raw request', async () => {
  const orders = createTokenValidationMiddleware(options).handler((request) => Response.json(request.auth));
  const app = new Hono();
  app.get('/orders', (context) => orders(context.req.raw));
  const good = await app.request('/orders', { headers: { authorization: `Bearer ${token}` } });
  expect([good.status, await good.json()]).toEqual([200, alice]);
  const missing = await app.request('/orders');
  expect([missing.status, missing.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
});
