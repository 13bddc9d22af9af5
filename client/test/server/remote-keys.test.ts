import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { VerificationUnavailableError, verifyAccessToken, type VerifyOptions } from '../../src/server/index.js';
import { advanceSeconds, useMovableClock } from './support/clock.js';
import { AUDIENCE, ISSUER, makeKey, mint, network, NOW, published, unreachable, type Key, type Network } from './support/issuer.js';

useMovableClock();

const JWKS = `GET ${ISSUER}/.well-known/jwks.json`;

let first: Key;
let second: Key;
let long: { exp: number };

beforeAll(async () => {
  first = await makeKey('ES256', 'first');
  second = await makeKey('ES256', 'second');
  long = { exp: NOW + 100_000 };
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function verify(token: string, { fetch }: Network, changes: Partial<VerifyOptions> = {}) {
  return verifyAccessToken(token, { issuer: ISSUER, audience: AUDIENCE, fetch, ...changes });
}

test('the keys are fetched once for all callers, from under the issuer', async () => {
  const net = network(published(first));
  const token = await mint(first);
  await Promise.all(Array.from({ length: 50 }, () => verify(token, net)));
  await verify(token, net);
  expect(net.requests).toEqual([JWKS]);
});

test('the keys may come from another URL', async () => {
  const net = network(published(first));
  await verify(await mint(first), net, { jwks: new URL('https://keys.example/jwks.json') });
  expect(net.requests).toEqual(['GET https://keys.example/jwks.json']);
});

test('the keys are fetched again after five minutes, and not before', async () => {
  const net = network(published(first));
  const token = await mint(first, long);
  await verify(token, net);
  advanceSeconds(299);
  await verify(token, net);
  expect(net.requests).toHaveLength(1);
  advanceSeconds(1);
  await verify(token, net);
  expect(net.requests).toHaveLength(2);
});

test('a removed key is rejected once the keys were fetched again', async () => {
  const net = network(published(first));
  const token = await mint(first, long);
  await verify(token, net);
  net.answer(published(second));
  advanceSeconds(300);
  await expect(verify(token, net)).rejects.toMatchObject({ reason: 'no_key' });
});

test('an unknown kid fetches the keys again, so a new key works at once', async () => {
  const net = network(published(first));
  await verify(await mint(first), net);
  net.answer(published(first, second));
  advanceSeconds(10);
  const token = await mint(second);
  await Promise.all(Array.from({ length: 20 }, () => verify(token, net)));
  expect(net.requests).toHaveLength(2);
});

test('a flood of unknown kids causes one fetch in ten seconds', async () => {
  const net = network(published(first));
  const flood = async (): Promise<void> => {
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, n) => mint(first, long, { kid: `made-up-${n}` })));
    const refused = tokens.map((token) => expect(verify(token, net)).rejects.toMatchObject({ reason: 'no_key' }));
    await Promise.all(refused);
  };
  await flood();
  expect(net.requests).toHaveLength(1);
  advanceSeconds(9);
  await flood();
  expect(net.requests).toHaveLength(1);
  advanceSeconds(1);
  await flood();
  await flood();
  expect(net.requests).toHaveLength(2);
});

test('the cool-down also applies while the issuer is down', async () => {
  const net = network(published(first));
  await verify(await mint(first), net);
  net.answer(unreachable);
  advanceSeconds(10);
  const token = await mint(second);
  for (let n = 0; n < 20; n += 1) await expect(verify(token, net)).rejects.toMatchObject({ reason: 'no_key' });
  expect(net.requests).toHaveLength(2);
});

test('on the edge no request waits for another, and a flood is one fetch', async () => {
  vi.stubGlobal('EdgeRuntime', 'some-edge');
  const answers: (() => void)[] = [];
  const net = network(() => new Promise((resolve) => answers.push(() => resolve(published(first)()))));
  const token = await mint(first);
  const waiting = [verify(token, net), verify(token, net)];
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers.forEach((answer) => answer());
  await Promise.all(waiting);

  advanceSeconds(10);
  const flood = await Promise.all(Array.from({ length: 100 }, (_, n) => mint(first, {}, { kid: `made-up-${n}` })));
  const refused = flood.map((made) => expect(verify(made, net)).rejects.toMatchObject({ reason: 'no_key' }));
  await vi.waitFor(() => expect(answers.length).toBeGreaterThan(2));
  answers.forEach((answer) => answer());
  await Promise.all(refused);
  expect(net.requests).toHaveLength(3);
});

test('a malformed token causes no fetch', async () => {
  const net = network(published(first));
  for (const header of [{ typ: 'JWT' }, { crit: ['exp'], exp: 1 }]) {
    await expect(verify(await mint(first, {}, header), net)).rejects.toThrow();
  }
  await expect(verify('a.b.c', net)).rejects.toThrow();
  expect(net.requests).toEqual([]);
});

test('in an outage the last keys are used for an hour, then all is 503', async () => {
  const net = network(published(first));
  const token = await mint(first, long);
  await verify(token, net);
  net.answer(unreachable);
  advanceSeconds(300);
  for (let n = 0; n < 20; n += 1) await verify(token, net);
  expect(net.requests).toHaveLength(2);
  advanceSeconds(3299);
  await verify(token, net);
  advanceSeconds(1);
  await expect(verify(token, net)).rejects.toThrow(VerificationUnavailableError);
});

test('without keys every check fails, and a fetch waits two seconds', async () => {
  const net = network(unreachable);
  const token = await mint(first);
  const all = Array.from({ length: 20 }, () => expect(verify(token, net)).rejects.toThrow(VerificationUnavailableError));
  await Promise.all(all);
  await expect(verify(token, net)).rejects.toMatchObject({ code: 'store_unavailable', retryAfter: 2 });
  expect(net.requests).toHaveLength(1);
  net.answer(published(first));
  advanceSeconds(2);
  await expect(verify(token, net)).resolves.toMatchObject({ sub: 'alice' });
});

test('a response that is no key set is rejected', async () => {
  const answers = [
    () => new Response('<html>', { status: 200 }),
    () => Response.json({ keys: [] }),
    () => Response.json({ keys: [{ kty: 'oct', k: 'AAAA' }] }),
    () => Response.json(null),
    () => Response.json({ keys: [first.jwk] }, { status: 500 }),
    () => new Response(null, { status: 302, headers: { location: 'https://evil.example/jwks.json' } }),
  ];
  for (const answer of answers) {
    await expect(verify(await mint(first), network(answer))).rejects.toThrow(VerificationUnavailableError);
  }
});

test('a clock that was set back does not keep keys fresh for longer', async () => {
  const net = network(published(first));
  const token = await mint(first, { ...long, iat: NOW - 10_000 });
  await verify(token, net);
  advanceSeconds(-1000);
  await verify(token, net);
  expect(net.requests).toHaveLength(2);
});

test('redirects are not followed, and frameworks may not cache the keys', async () => {
  const seen: (RequestInit | undefined)[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    seen.push(init);
    return published(first)();
  };
  await verifyAccessToken(await mint(first), { issuer: ISSUER, audience: AUDIENCE, fetch });
  expect(seen).toMatchObject([{ redirect: 'manual', cache: 'no-store' }]);
  expect(seen[0]?.signal).toBeInstanceOf(AbortSignal);
});
