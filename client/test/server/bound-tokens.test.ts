/** Access tokens that are bound to a key: the guard accepts them only with a proof of that key. */

import express from 'express';
import { Hono } from 'hono';
import Koa from 'koa';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AccessTokenError,
  createTokenValidationMiddleware,
  DpopProofError,
  verifyAccessToken,
  type RefusedRequest,
  type TokenValidationOptions,
} from '../../src/server/index.js';
import { useMovableClock } from './support/clock.js';
import { makeKeyHolder, type KeyHolder } from './support/dpop.js';
import { send, serve } from './support/http.js';
import { AUDIENCE, ISSUER, makeKey, mint, NOW, SESSION, type Key } from './support/issuer.js';

useMovableClock();

const ORIGIN = 'https://api.example.com';
const URL = `${ORIGIN}/orders`;

let key: Key;
let owner: KeyHolder;
let thief: KeyHolder;
let bound: string;
let unbound: string;
let options: TokenValidationOptions;

beforeAll(async () => {
  key = await makeKey('ES256');
  owner = await makeKeyHolder();
  thief = await makeKeyHolder();
  bound = await mint(key, { cnf: { jkt: owner.thumbprint } });
  unbound = await mint(key);
  options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] }, publicUrls: [ORIGIN] };
});

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly challenge: string | null;
  readonly refused: RefusedRequest[];
}

type Guard = (headers: HeadersInit, method?: string, url?: string) => Promise<Answer>;

/** Calls a guarded route; the guard keeps its memory of proofs over the calls. */
function guarded(changes: Partial<TokenValidationOptions> = {}): Guard {
  const refused: RefusedRequest[] = [];
  const guard = createTokenValidationMiddleware({ ...options, onRefused: (each) => refused.push(each), ...changes });
  const route = guard.handler((request) => Response.json(request.auth));
  return async (headers, method = 'GET', url = URL) => {
    const response = await route(new Request(url, { method, headers }));
    const { code } = (await response.json()) as { code?: string };
    return { status: response.status, code, challenge: response.headers.get('www-authenticate'), refused };
  };
}

const dpop = (token: string, proof: string): Record<string, string> => ({ authorization: `DPoP ${token}`, dpop: proof });

describe('a bound token', () => {
  test('passes with a proof of its key', async () => {
    const ask = guarded();
    expect(await ask(dpop(bound, await owner.prove('GET', URL, bound)))).toMatchObject({ status: 200 });
    const scheme = { authorization: `dpop ${bound}`, dpop: await owner.prove('GET', URL, bound) };
    expect(await ask(scheme)).toMatchObject({ status: 200 });
  });

  test('never passes as Bearer or as a cookie, with or without a proof', async () => {
    const ask = guarded();
    const proof = await owner.prove('GET', URL, bound);
    for (const credential of [{ authorization: `Bearer ${bound}` }, { cookie: `__Host-latchkey_access=${bound}` }]) {
      for (const headers of [credential, { ...credential, dpop: proof }]) {
        expect(await ask(headers)).toMatchObject({ status: 401, code: 'device_proof_required' });
      }
    }
  });

  test('does not pass without a proof, or with that of a thief', async () => {
    const ask = guarded();
    const missing = await ask({ authorization: `DPoP ${bound}` });
    expect(missing).toMatchObject({ status: 401, code: 'device_proof_required' });
    expect(missing.challenge).toMatch(/^DPoP error="invalid_token".* algs="ES256"$/);
    const stolen = await ask(dpop(bound, await thief.prove('GET', URL, bound)));
    expect(stolen).toMatchObject({ status: 401, code: 'invalid_dpop_proof' });
    expect(stolen.challenge).toMatch(/^DPoP error="invalid_dpop_proof".* algs="ES256"$/);
    expect(stolen.refused.at(-1)?.cause).toMatchObject({ reason: 'key' });
  });

  test('does not pass with the proof of another request', async () => {
    const ask = guarded();
    const others: [string, Promise<string>][] = [
      ['method', owner.prove('POST', URL, bound)],
      ['url', owner.prove('GET', `${ORIGIN}/users`, bound)],
      ['url', owner.prove('GET', 'https://evil.example/orders', bound)],
      ['access_token', owner.prove('GET', URL, unbound)],
      ['time', owner.prove('GET', URL, bound, { iat: NOW - 61 })],
    ];
    for (const [reason, proof] of others) {
      const { status, refused } = await ask(dpop(bound, await proof));
      expect([status, (refused.at(-1)?.cause as DpopProofError).reason]).toEqual([401, reason]);
    }
  });

  test('is for the configured URL, whatever host the request names', async () => {
    const ask = guarded();
    const proof = await owner.prove('GET', 'https://evil.example/orders', bound);
    const headers = { ...dpop(bound, proof), host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    expect(await ask(headers, 'GET', 'https://evil.example/orders')).toMatchObject({ status: 401, code: 'invalid_dpop_proof' });
    const own = await owner.prove('GET', URL, bound);
    expect(await ask(dpop(bound, own), 'GET', 'http://10.0.0.7:8080/orders?page=2')).toMatchObject({ status: 200 });
  });

  test('cannot be checked without publicUrls, and the log has the setting', async () => {
    const answer = await guarded({ publicUrls: undefined })(dpop(bound, await owner.prove('GET', URL, bound)));
    expect(answer).toMatchObject({ status: 401, code: 'invalid_token', challenge: 'Bearer error="invalid_token"' });
    expect(String((answer.refused[0]?.cause as Error).message)).toContain('publicUrls');
    for (const url of ['api.example.com', 'ftp://api.example.com', `${URL}?page=2`, 'https://user@api.example.com', '']) {
      expect(() => createTokenValidationMiddleware({ ...options, publicUrls: [url] })).toThrow(/^publicUrls: expected URLs such as/);
    }
  });

  test('passes behind a gateway that removes the beginning of the path', async () => {
    const proof = await owner.prove('GET', `${ORIGIN}/shop/orders`, bound);
    const at = (publicUrl: string): Promise<Answer> => guarded({ publicUrls: [publicUrl] })(dpop(bound, proof), 'GET', 'http://10.0.0.7/orders');
    expect(await at(`${ORIGIN}/shop`)).toMatchObject({ status: 200 });
    expect(await at(`${ORIGIN}/shop/`)).toMatchObject({ status: 200 });
    expect(await at(ORIGIN)).toMatchObject({ status: 401 });
  });

  test('with a key of another kind is refused', async () => {
    for (const cnf of [{}, { jkt: 'short' }, { 'x5t#S256': owner.thumbprint }, { jkt: owner.thumbprint, jwk: {} }, 'key', null]) {
      const token = await mint(key, { cnf });
      expect(await guarded()(dpop(token, await owner.prove('GET', URL, token)))).toMatchObject({ status: 401, code: 'invalid_token' });
      expect(await guarded()({ authorization: `Bearer ${token}` }), JSON.stringify(cnf)).toMatchObject({ status: 401 });
    }
  });

  test('is rejected by verifyAccessToken, which sees no request', async () => {
    const error: unknown = await verifyAccessToken(bound, options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AccessTokenError);
    expect(error).toMatchObject({ reason: 'bound', code: 'invalid_token' });
  });
});

describe('a proof that was used before', () => {
  test('is refused for an unsafe method, and a new one passes', async () => {
    const ask = guarded();
    const headers = dpop(bound, await owner.prove('POST', URL, bound));
    expect(await ask(headers, 'POST')).toMatchObject({ status: 200 });
    expect(await ask(headers, 'POST')).toMatchObject({ status: 401, code: 'invalid_dpop_proof' });
    expect(await ask(dpop(bound, await owner.prove('POST', URL, bound)), 'POST')).toMatchObject({ status: 200 });
  });

  test('passes for a safe method, because browsers send such requests again', async () => {
    const ask = guarded();
    const headers = dpop(bound, await owner.prove('GET', URL, bound));
    expect([(await ask(headers)).status, (await ask(headers)).status]).toEqual([200, 200]);
  });
});

describe('a token without a key', () => {
  test('passes as before, also with a proof that nothing demands', async () => {
    for (const changes of [{}, { publicUrls: undefined }]) {
      const ask = guarded(changes);
      expect(await ask({ authorization: `Bearer ${unbound}` })).toMatchObject({ status: 200 });
      expect(await ask({ authorization: `Bearer ${unbound}`, dpop: 'anything' })).toMatchObject({ status: 200 });
      expect(await ask({ cookie: `__Host-latchkey_access=${unbound}` })).toMatchObject({ status: 200 });
    }
  });

  test('does not pass with the scheme DPoP, with any proof', async () => {
    const answer = await guarded()(dpop(unbound, await thief.prove('GET', URL, unbound)));
    expect(answer).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  test('gets both challenges if the service accepts bound tokens', async () => {
    const both = 'Bearer error="invalid_token", DPoP error="invalid_token", algs="ES256"';
    expect(await guarded()({ authorization: 'Bearer a.b.c' })).toMatchObject({ challenge: both });
    expect(await guarded()({})).toMatchObject({ challenge: 'Bearer, DPoP algs="ES256"' });
    expect(await guarded({ publicUrls: undefined })({})).toMatchObject({ challenge: 'Bearer' });
  });
});

describe('each framework', () => {
  type Start = () => Promise<{ readonly port: number; close(): Promise<void> }>;
  const guard = () => createTokenValidationMiddleware(options);
  const starts: [string, Start][] = [
    ['Node', () => { const check = guard(); return serve((request, response) => check(request, response, () => response.end('passed'))); }],
    ['Express, mounted at a path', () => { const app = express(); app.use('/shop', guard()); app.get('/shop/orders', (_, response) => void response.end('passed')); return serve(app); }],
    ['Koa', () => {
      const app = new Koa();
      // As koa-mount does.
      app.use((context, next) => { context.path = context.path.slice('/shop'.length); return next(); });
      app.use(guard().koa);
      app.use((context) => void (context.body = 'passed'));
      return serve(app.callback());
    }],
    ['Hono, mounted at a path', async () => {
      const app = new Hono();
      const shop = new Hono();
      shop.use('*', guard().hono);
      shop.get('/orders', (context) => context.text('passed'));
      app.route('/shop', shop);
      return serve((request, response) => {
        const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] => [value ?? []].flat().map((each) => [name, each]));
        void Promise.resolve(app.request(`http://internal${request.url}`, { headers })).then(async (reply) => {
          response.writeHead(reply.status, Object.fromEntries(reply.headers)).end(await reply.text());
        });
      });
    }],
  ];

  test.each(starts)('%s passes the whole path and both headers on', async (_, start) => {
    const served = await start();
    try {
      const url = `${ORIGIN}/shop/orders`;
      const proof = await owner.prove('GET', url, bound);
      const raw = (...proofs: string[]) => ['authorization', `DPoP ${bound}`, ...proofs.flatMap((each) => ['dpop', each])];
      expect(await send(served.port, '/shop/orders?page=2', raw(proof))).toMatchObject({ status: 200, body: 'passed' });
      expect(await send(served.port, '/shop/orders', raw(proof, await owner.prove('GET', url, bound)))).toMatchObject({ status: 401 });
      expect(await send(served.port, '/shop/orders', raw(await owner.prove('GET', `${ORIGIN}/orders`, bound)))).toMatchObject({ status: 401 });
    } finally {
      await served.close();
    }
  });
});
