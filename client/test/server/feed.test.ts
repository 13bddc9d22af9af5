/** When the guard fetches the revocation feed, how long a copy counts, and what happens without one. */

import { SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTokenValidationMiddleware, type FeedOptions, type Fetch } from '../../src/server/index.js';
import { AUDIENCE, ISSUER, makeKey, mint, NOW, published, SESSION, unreachable, type Key } from './support/issuer.js';

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

const feed = (members: object = {}, by: Key = key): Promise<string> =>
  new SignJWT({ iss: ISSUER, iat: Math.floor(Date.now() / 1000), ended: '', ...members })
    .setProtectedHeader({ alg: by.alg, kid: by.kid, typ: 'revocations+jwt' })
    .sign(by.privateKey);
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
  const code = async (bearer = token): Promise<unknown> => {
    const response = await route(new Request('https://shop.example.com/', { headers: { authorization: `Bearer ${bearer}` } }));
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

/** An answer that does not arrive until it fails, as with a time-out. */
function hanging() {
  let fail: (() => void) | undefined;
  const { asked, reply } = heldBack(new Promise<Response>((_, reject) => (fail = () => reject(new DOMException('timed out', 'TimeoutError')))));
  return { asked, reply, fail: () => fail?.() };
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

test.each(['node', 'edge'])('while the feed hangs, it is asked every 4 seconds and no other request waits: %s', async (runtime) => {
  if (runtime === 'edge') vi.stubGlobal('EdgeRuntime', 'edge');
  for (const [whenStale, expected] of [['accept', 'accepted'], ['ask', 'asked'], ['refuse', 'store_unavailable']] as const) {
    const { code, answer, urls } = service(whenStale);
    expect(await code()).toBe('accepted');
    for (let round = 0; round < 10; round += 1) {
      const { asked, reply, fail } = hanging();
      answer(reply);
      pass(4);
      const first = code();
      await asked;
      pass(1);
      const others = Promise.all(Array.from({ length: 5 }, () => code()));
      // It is not known yet that the feed hangs. Later the others have their answer before the fetch has ended.
      if (round > 0) expect(await others).toEqual(Array.from({ length: 5 }, () => (round < 5 ? 'accepted' : expected)));
      pass(1);
      fail();
      await Promise.all([first, others]);
    }
    const fetches = urls.filter((url) => url.includes('revocations'));
    expect(fetches.length, whenStale).toBe(11);
  }
});

test.each(['node', 'edge'])('without a copy no request waits for a feed that hangs: %s', async (runtime) => {
  if (runtime === 'edge') vi.stubGlobal('EdgeRuntime', 'edge');
  const hangs = [hanging(), hanging()] as const;
  const { code, answer, urls } = service('refuse', hangs[0].reply);
  const first = code();
  await hangs[0].asked;
  pass(2);
  hangs[0].fail();
  expect(await first).toBe('store_unavailable');
  answer(hangs[1].reply);
  pass(2);
  const second = code();
  await hangs[1].asked;
  expect(await Promise.all([code(), code(), code()])).toEqual(Array.from({ length: 3 }, () => 'store_unavailable'));
  hangs[1].fail();
  await second;
  expect(urls).toHaveLength(2);
});

test('on the edge a fetch whose client left is replaced after half a second, by one request', async () => {
  vi.stubGlobal('EdgeRuntime', 'edge');
  const { asked, reply } = heldBack(never);
  const { code, answer, urls } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(reply);
  pass(4);
  void code();
  await asked;
  answer(ended);
  pass(0.999);
  expect(await code(), 'the copy is under 5 seconds old').toBe('accepted');
  pass(0.001);
  expect(await Promise.all([code(), code(), code()])).toEqual(Array.from({ length: 3 }, () => 'session_ended'));
  expect(urls).toHaveLength(3);
});

test('on the edge a fetch that hangs does not count after a later one has succeeded', async () => {
  vi.stubGlobal('EdgeRuntime', 'edge');
  const { asked, reply, fail } = hanging();
  const { code, answer } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(reply);
  pass(5);
  const first = code();
  await asked;
  answer(alive);
  pass(0.5);
  expect(await code()).toBe('accepted');
  pass(1.5);
  fail();
  expect(await first).toBe('accepted');
  pass(5);
  expect(await fetchWithOther(code, answer)).toEqual(['session_ended', 'session_ended']);
});

test('on the edge requests with an old copy look again until the fetch of another one has ended', async () => {
  vi.stubGlobal('EdgeRuntime', 'edge');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const { code, answer, urls } = service('refuse');
  expect(await code()).toBe('accepted');
  let release: (() => void) | undefined;
  const { asked, reply } = heldBack(new Promise<void>((resolve) => (release = resolve)).then(ended));
  answer(reply);
  pass(20);
  const first = code();
  await asked;
  const others = [code(), code(), code()];
  await vi.waitFor(() => expect(timers.mock.calls.filter(([, milliseconds]) => milliseconds === 50).length).toBeGreaterThan(3));
  release?.();
  expect(await Promise.all([first, ...others])).toEqual(Array.from({ length: 4 }, () => 'session_ended'));
  expect(urls).toHaveLength(2);
});

/** The codes of a request that fetches a feed with the end of its session, and of one that arrives in the meantime. */
async function fetchWithOther(code: () => Promise<unknown>, answer: (next: Reply) => void): Promise<readonly unknown[]> {
  let release: (() => void) | undefined;
  const { asked, reply } = heldBack(new Promise<void>((resolve) => (release = resolve)).then(ended));
  answer(reply);
  const first = code();
  await asked;
  const second = code();
  // A request that uses the old copy does not wait for this.
  await Promise.race([second, new Promise((resolve) => setTimeout(resolve, 100))]);
  release?.();
  return Promise.all([first, second]);
}

test.each([
  // For example one 502: the next fetch most likely succeeds.
  { runtime: 'node', failsAfter: 0, next: 5, second: 'session_ended' },
  { runtime: 'edge', failsAfter: 0, next: 5, second: 'session_ended' },
  { runtime: 'node', failsAfter: 0.999, next: 5, second: 'session_ended' },
  { runtime: 'node', failsAfter: 1, next: 5, second: 'accepted' },
  { runtime: 'edge', failsAfter: 1, next: 5, second: 'accepted' },
  { runtime: 'node', failsAfter: 2, next: 9.999, second: 'accepted' },
  { runtime: 'node', failsAfter: 2, next: 10, second: 'session_ended' },
])('$next s after a fetch was sent that failed after $failsAfter s, other requests get $second: $runtime', async ({ runtime, failsAfter, next, second }) => {
  if (runtime === 'edge') vi.stubGlobal('EdgeRuntime', 'edge');
  const { asked, reply, fail } = hanging();
  const { code, answer } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(reply);
  pass(4);
  const first = code();
  await asked;
  pass(failsAfter);
  fail();
  expect(await first).toBe('accepted');
  pass(next - failsAfter);
  expect(await fetchWithOther(code, answer)).toEqual(['session_ended', second]);
});

test('a feed that arrives ends the hang', async () => {
  const { asked, reply, fail } = hanging();
  const { code, answer } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(reply);
  pass(4);
  const first = code();
  await asked;
  pass(2);
  fail();
  expect(await first).toBe('accepted');
  answer(alive);
  pass(2);
  expect(await code()).toBe('accepted');
  pass(5);
  expect(await fetchWithOther(code, answer)).toEqual(['session_ended', 'session_ended']);
});

test('a copy becomes too old while a request waits', async () => {
  const { asked, reply, fail } = hanging();
  const { code, answer } = service('refuse');
  expect(await code()).toBe('accepted');
  answer(reply);
  pass(28);
  const waiting = code();
  await asked;
  pass(2);
  fail();
  expect(await waiting).toBe('store_unavailable');
});

/** A service that fetches the keys, too, and the number of times that it did. */
function serviceWithKeys(state: { keys: readonly Key[]; feed: string }) {
  const urls: string[] = [];
  const fetch: Fetch = async (input) => {
    urls.push(String(input));
    return String(input).endsWith('/jwks.json') ? published(...state.keys)() : new Response(state.feed);
  };
  const { code } = service('refuse', alive, { jwks: undefined, fetch });
  return { code, keyFetches: () => urls.filter((url) => url.endsWith('/jwks.json')).length };
}

test('a feed by a new key is read at the next poll, after one fetch of the keys', async () => {
  const next = await makeKey('ES256', 'next');
  const state = { keys: [key], feed: await feed() };
  const { code, keyFetches } = serviceWithKeys(state);
  expect([await code(), keyFetches()]).toEqual(['accepted', 1]);
  pass(12);
  Object.assign(state, { keys: [key, next], feed: await feed({ ended: ENDED }, next) });
  expect([await code(), keyFetches()]).toEqual(['session_ended', 2]);
});

test('a feed by a retired key renews nothing once the keys were fetched again', async () => {
  const next = await makeKey('ES256', 'next');
  const bearer = await mint(next);
  const state = { keys: [key, next], feed: await feed() };
  const { code, keyFetches } = serviceWithKeys(state);
  expect(await code(bearer)).toBe('accepted');
  pass(300);
  Object.assign(state, { keys: [next], feed: await feed({}, next) });
  expect([await code(bearer), keyFetches()]).toEqual(['accepted', 2]);
  pass(4);
  state.feed = await feed({ ended: ENDED });
  expect(await code(bearer), 'its entries do not count').toBe('accepted');
  pass(26);
  state.feed = await feed();
  expect([await code(bearer), keyFetches()]).toEqual(['store_unavailable', 3]);
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
