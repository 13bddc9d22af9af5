import { beforeAll, expect, test } from 'vitest';
import { createTokenValidationMiddleware, type RefusedRequest } from '../../src/server/index.js';
import { setSeconds, useMovableClock } from './support/clock.js';
import { AUDIENCE, ISSUER, makeKey, mint, network, NOW, SESSION, unreachable, type Key } from './support/issuer.js';

useMovableClock();

let key: Key;
let token: string;
const live = { active: true, sub: 'alice', sid: SESSION, scope: 'orders:read' };

beforeAll(async () => {
  key = await makeKey('ES256');
  token = await mint(key);
});

async function ask(answer: () => Response | Promise<Response>, sent = token) {
  const net = network(answer);
  const refused: RefusedRequest[] = [];
  const guard = createTokenValidationMiddleware({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: [key.jwk] },
    strict: true,
    fetch: net.fetch,
    onRefused: (refusal) => refused.push(refusal),
  });
  const request = new Request('https://app.example.com/', { headers: { authorization: `Bearer ${sent}` } });
  const response = await guard.handler((inner) => Response.json(inner.auth))(request);
  return { response, status: response.status, body: (await response.json()) as unknown, requests: net.requests, refused };
}

test('an active session passes with the scope that both token and session grant', async () => {
  const { status, body, requests } = await ask(() => Response.json(live));
  expect(status).toBe(200);
  expect(body).toEqual({ userId: 'alice', sessionId: SESSION, scope: 'orders:read' });
  expect(requests).toEqual([`POST ${ISSUER}/introspect`]);
});

test('/introspect gets the token in the body and as Bearer', async () => {
  let asked: [unknown, RequestInit | undefined] | undefined;
  const guard = createTokenValidationMiddleware({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: [key.jwk] },
    strict: true,
    fetch: async (input, init) => {
      asked = [String(input), init];
      return Response.json(live);
    },
  });
  const request = new Request('https://app.example.com/', { headers: { authorization: `Bearer ${token}` } });
  await guard.handler(() => new Response())(request);
  expect(asked).toMatchObject([
    `${ISSUER}/introspect`,
    {
      method: 'POST',
      body: `token=${token}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
      cache: 'no-store',
    },
  ]);
  expect(asked?.[1]?.signal).toBeInstanceOf(AbortSignal);
});

test('an inactive token is refused as expired, because its session may be active', async () => {
  for (const seconds of [NOW, NOW + 3539, NOW + 3540]) {
    setSeconds(seconds);
    const { response, body, refused } = await ask(() => Response.json({ active: false }));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(body).toMatchObject({ code: 'token_expired', title: 'Access token expired' });
    expect(refused).toMatchObject([{ code: 'token_expired', cause: { reason: 'inactive' } }]);
  }
});

test('an active session may leave the scope out, but it must be a string', async () => {
  const { scope: _, ...without } = live;
  expect(await ask(() => Response.json(without))).toMatchObject({ status: 200, body: { scope: '' } });
  expect(await ask(() => Response.json({ ...live, scope: null }))).toMatchObject({ status: 503 });
});

test('every other response is 503, and signs no user out', async () => {
  const answers: (() => Response | Promise<Response>)[] = [
    unreachable,
    () => Promise.reject(new DOMException('timed out', 'TimeoutError')),
    () => new Response('<html>', { status: 200 }),
    () => new Response('', { status: 200 }),
    () => Response.json({}),
    () => Response.json({ active: 'true', sub: 'alice', sid: SESSION, scope: '' }),
    () => Response.json({ active: 1 }),
    () => Response.json(null),
    () => Response.json({ active: true }, { status: 500 }),
    () => Response.json(live, { status: 201 }),
    () => new Response(null, { status: 302, headers: { location: 'https://evil.example/introspect' } }),
    () => Response.json({ active: false }, { status: 401 }),
    () => Response.json({ active: false }, { status: 403 }),
    () => Response.json({ active: false }, { status: 404 }),
    () => Response.json({ ...live, sub: 'mallory' }),
    () => Response.json({ ...live, sid: '01930b5e-3c00-7abc-8def-0123456789ac' }),
    () => Response.json({ ...live, scope: ['orders:read'] }),
  ];
  for (const [index, answer] of answers.entries()) {
    const { response, body } = await ask(answer);
    expect(response.status, `answer ${index}`).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(body).toMatchObject({ code: 'store_unavailable', retry_after: 2 });
  }
});

test("the API's Retry-After is passed on", async () => {
  const busy = (value: string) => () => new Response(null, { status: 503, headers: { 'retry-after': value } });
  expect((await ask(busy('7'))).body).toMatchObject({ retry_after: 7 });
  for (const odd of ['-1', 'Wed, 21 Oct 2026 07:28:00 GMT', '1e9', '99999999999999999999', '7\u00a0x']) {
    expect((await ask(busy(odd))).body).toMatchObject({ retry_after: 2 });
  }
});

test('a token that the offline check rejects is not introspected', async () => {
  const { status, requests } = await ask(() => Response.json(live), await mint(key, { exp: NOW }));
  expect(status).toBe(401);
  expect(requests).toEqual([]);
});

test('the token is in no refusal', async () => {
  for (const answer of [unreachable, () => Response.json({ active: false }), () => new Response(null, { status: 500 })]) {
    const { body, refused } = await ask(answer);
    const cause = refused[0]?.cause as (Error & { cause?: Error }) | undefined;
    const text = JSON.stringify([body, refused]) + cause?.stack + cause?.cause?.stack;
    for (const part of token.split('.')) expect(text).not.toContain(part);
  }
});
