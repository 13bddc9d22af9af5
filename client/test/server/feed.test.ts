/** When the guard fetches the revocation feed, how long a copy counts, and what happens without one. */

import { SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTokenValidationMiddleware, type FeedOptions, type Fetch } from '../../src/server/index.js';
import { AUDIENCE, ISSUER, makeKey, mint, NOW, SESSION, unreachable, type Key } from './support/issuer.js';

let key: Key;
let token: string;

beforeAll(async () => {
  key = await makeKey('ES256');
  token = await mint(key);
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: NOW * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The entry of the session of all tokens here. */
const ENDED = Buffer.from(SESSION.slice(19).replace('-', ''), 'hex').toString('base64url');

const feed = (members: object = {}): Promise<string> =>
  new SignJWT({ iss: ISSUER, iat: Math.floor(Date.now() / 1000), ended: '', ...members })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'revocations+jwt' })
    .sign(key.privateKey);
const alive = async (): Promise<Response> => new Response(await feed());
const ended = async (): Promise<Response> => new Response(await feed({ ended: ENDED }));

type Reply = () => Response | Promise<Response>;

/** A service with a feed, and the network through which it fetches the feed and asks `/introspect`. */
function service(whenStale: FeedOptions['whenStale'], first: Reply = alive, changes: object = {}) {
  let reply = first;
  const urls: string[] = [];
  const errors: Error[] = [];
  const fetch: Fetch = async (input) => {
    urls.push(String(input));
    return String(input).endsWith('/introspect') ? Response.json({ active: true, sub: 'alice', sid: SESSION, scope: 'asked' }) : reply();
  };
  const options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] }, fetch, feed: { whenStale, onError: (error: Error) => errors.push(error) } };
  const guard = createTokenValidationMiddleware({ ...options, ...changes });
  const route = guard.handler((request) => Response.json({ code: request.auth.scope === 'asked' ? 'asked' : 'accepted' }));
  const code = async (): Promise<unknown> => {
    const response = await route(new Request('https://shop.example.com/', { headers: { authorization: `Bearer ${token}` } }));
    return ((await response.json()) as { code?: string }).code;
  };
  const answer = (next: Reply): void => {
    reply = next;
  };
  return { code, answer, urls, errors, options };
}

/** An answer that waits for `until`, and a promise of the moment at which it is asked for. */
function heldBack(until: Promise<Response>) {
  let ask: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const reply: Reply = () => {
    ask?.();
    return until;
  };
  return { asked, reply };
}

/** The answer of a server that keeps the connection open. */
const never = new Promise<Response>(() => undefined);

const pass = (seconds: number): void => {
  vi.advanceTimersByTime(seconds * 1000);
};

test('the first request fetches the feed, and a copy of 4 seconds is renewed', async () => {
  const { code, answer, urls } = service('refuse');
  expect(urls).toEqual([]);
  expect([await code(), await code()]).toEqual(['accepted', 'accepted']);
  answer(ended);
  pass(3.999);
  expect(await code()).toBe('accepted');
  expect(urls).toEqual([`${ISSUER}/.well-known/revocations`]);
  pass(0.001);
  expect(await code()).toBe('session_ended');
  expect(urls[1]).toBe(`${ISSUER}/.well-known/revocations?since=${Math.floor(NOW / 60) - 2}`);
  answer(unreachable);
  pass(600);
  expect(await code(), 'an ended session stays ended').toBe('session_ended');
});

test('a copy counts for 30 seconds, and a feed that is down is asked every 4 seconds', async () => {
  const { code, answer, urls, errors } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(unreachable);
  for (let second = 1; second < 30; second += 1) {
    pass(1);
    expect(await code(), `second ${second}`).toBe('accepted');
  }
  expect([urls.length, errors.length]).toEqual([8, 7]);
  pass(1);
  expect(await code()).toBe('store_unavailable');
  answer(alive);
  pass(4);
  expect(await code()).toBe('accepted');
});

test('without a fresh copy the setting decides', async () => {
  for (const [whenStale, expected] of [['accept', 'accepted'], ['ask', 'asked'], ['refuse', 'store_unavailable']] as const) {
    expect(await service(whenStale, unreachable).code(), `${whenStale}, cold`).toBe(expected);
    const { code, answer } = service(whenStale);
    expect(await code()).toBe('accepted');
    answer(unreachable);
    pass(30);
    expect(await code(), whenStale).toBe(expected);
  }
});

test('the setting has no default', () => {
  for (const odd of [undefined, 'no', 'constructor']) {
    expect(() => service(odd as never)).toThrow('feed.whenStale: expected accept, ask or refuse');
  }
});

test('strict asks for each request instead', async () => {
  const { code, urls } = service('refuse', ended, { strict: true });
  expect(await code()).toBe('asked');
  expect(urls).toEqual([`${ISSUER}/introspect`]);
});

test('guards with the same keys and fetch share one copy', async () => {
  const { options, code, urls } = service('refuse');
  const other = createTokenValidationMiddleware(options);
  expect(await code()).toBe('accepted');
  const admitted = await other.admit(new Request('https://shop.example.com/', { headers: { authorization: `Bearer ${token}` } }));
  expect(admitted.auth?.userId).toBe('alice');
  expect(urls).toHaveLength(1);
});

test('one fetch runs at a time, and others wait only with an old copy', async () => {
  const { code, answer, urls } = service('refuse');
  expect(await Promise.all([code(), code(), code()])).toEqual(['accepted', 'accepted', 'accepted']);
  expect(urls).toHaveLength(1);
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { asked, reply } = heldBack(held.then(ended));
  answer(reply);
  pass(4);
  const renewing = code();
  await asked;
  pass(0.999);
  expect(await code(), 'the copy is under 5 seconds old').toBe('accepted');
  pass(0.001);
  const waiting = code();
  release?.();
  expect(await Promise.all([renewing, waiting])).toEqual(['session_ended', 'session_ended']);
  expect(urls).toHaveLength(2);
});

test('on the edge no request waits for the fetch of another one', async () => {
  vi.stubGlobal('EdgeRuntime', 'edge');
  const { asked, reply } = heldBack(never);
  const { code, answer } = service('refuse', reply);
  void code();
  await asked;
  answer(alive);
  expect(await code()).toBe('accepted');
});

test('a fetch that was abandoned is replaced', async () => {
  const { asked, reply } = heldBack(never);
  const { code, answer } = service('refuse', reply);
  void code();
  await asked;
  answer(alive);
  pass(5);
  expect(await code()).toBe('accepted');
});

test('a since that the API refuses is followed by the whole feed', async () => {
  const { code, answer, urls } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(() => new Response('', { status: 400 }));
  pass(4);
  expect(await code()).toBe('accepted');
  answer(ended);
  pass(4);
  expect(await code()).toBe('session_ended');
  expect(urls.map((url) => url.includes('since'))).toEqual([false, true, false]);
});

test('the whole feed is fetched every 15 minutes, and the second one drops an entry', async () => {
  token = await mint(key, { exp: NOW + 10_000 });
  const { code, answer, urls } = service('refuse', ended);
  const refused: number[] = [];
  for (let second = 0; second <= 1_804; second += 4) {
    if ((await code()) === 'session_ended') refused.push(second);
    const isWhole = (second + 4) % 900 === 0;
    answer(async () => new Response(await feed(isWhole ? {} : { since: 0 })));
    pass(4);
  }
  expect(urls.flatMap((url, index) => (url.includes('since') ? [] : [index * 4]))).toEqual([0, 900, 1_800]);
  expect(refused.at(-1)).toBe(1_796);
});

test('a clock that is set back or goes on alone makes the copy old', async () => {
  for (const seconds of [-60, 60]) {
    let offset = 0;
    const { code, answer } = service('refuse', alive, { now: () => Date.now() + offset * 1000 });
    expect(await code()).toBe('accepted');
    answer(unreachable);
    offset = seconds;
    expect(await code()).toBe('store_unavailable');
  }
});

test('every answer that is no feed is 503 and signs no user out', async () => {
  for (const status of [201, 302, 400, 401, 403, 404, 429, 500, 503]) {
    const { code, errors } = service('refuse', async () => new Response(await feed(), { status }));
    expect(await code(), String(status)).toBe('store_unavailable');
    expect(errors.map((error) => String((error as Error & { cause?: unknown }).cause))).toEqual([`TypeError: the response has status ${status}`]);
  }
});

test('a body without an end is cut off', async () => {
  let cancelled = false;
  const chunk = new TextEncoder().encode('A'.repeat(1_000_000));
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(chunk),
    cancel: () => {
      cancelled = true;
    },
  });
  const { code } = service('refuse', () => new Response(endless));
  expect(await code()).toBe('store_unavailable');
  expect(cancelled).toBe(true);
});
