/** Sessions that are bound to a key of the browser: a copied cookie is of no use, and no fault of the storage signs a user out. */

import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { fetchOf, headerMode, sessionsOf, type Latchkey, type LatchkeyOptions } from '../../src/core/index.js';
import { readProof, type ReadProof } from './support/fake-dpop.js';
import { BASE, FakeServer, ORIGIN, problem } from './support/fake-server.js';
import { storedDeviceKey, useIndexedDb } from './support/indexed-db.js';
import { advance, openTab, setUpTabs, settle, tab } from './support/tabs.js';

setUpTabs();
beforeEach(() => useIndexedDb());

const HOUR = 3_600;

function bindingServer(): FakeServer {
  const server = new FakeServer();
  server.dpop.binds = true;
  return server;
}

/** The result of a call, once its requests have been answered. */
async function settled<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined);
  await advance(4);
  return call;
}

async function signedIn(server = bindingServer(), options: LatchkeyOptions = {}): Promise<{ server: FakeServer; client: Latchkey }> {
  const client = await openTab(server, options);
  await settled(client.signIn('a'));
  return { server, client };
}

const proofsOf = (server: FakeServer, key: string): Promise<ReadProof[]> =>
  Promise.all(server.requestsTo(key).flatMap(({ headers }) => headers.get('dpop') ?? []).map(readProof));
const keysOf = async (server: FakeServer, key: string): Promise<string[]> => (await proofsOf(server, key)).map(({ thumbprint }) => thumbprint);

describe('a sign-in', () => {
  test('binds its session to a key that no script can export', async () => {
    const { server } = await signedIn();
    const [proof] = await proofsOf(server, 'POST /login');
    expect(proof).toMatchObject({ htm: 'POST', htu: `${BASE}/login`, iat: Date.parse('2026-11-24T10:00:00Z') / 1000 });
    expect(server.dpop.thumbprints.get('s-a')).toBe(proof?.thumbprint);
    const { privateKey } = (await storedDeviceKey()) as { privateKey: CryptoKey };
    expect([privateKey.type, privateKey.extractable, privateKey.usages]).toEqual(['private', false, ['sign']]);
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  });

  test('in two tabs at the same time uses one key', async () => {
    const server = bindingServer();
    const [one, two] = [await openTab(server), await openTab(server)];
    await Promise.all([settled(one.signIn('a')), settled(two.signIn('b'))]);
    const keys = await keysOf(server, 'POST /login');
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test('after a sign-out gets another key, also on another page', async () => {
    const { server, client } = await signedIn();
    await settled(client.signOut());
    client.dispose();
    await settled((await openTab(server)).signIn('b'));
    const [first, second] = await keysOf(server, 'POST /login');
    expect(second).not.toBe(first);
    expect(server.dpop.thumbprints.get('s-b')).toBe(second);
  });

  test('repeats the key after a lost response, also on another page', async () => {
    const server = bindingServer();
    const client = await openTab(server);
    await settled(client.signOut());
    const release = server.holdResponse('POST /login');
    client.signIn('a').catch(() => undefined);
    await settle();
    client.dispose();
    release();
    server.cookie = null;
    const next = await openTab(server);
    await settled(next.signIn('a'));
    expect(new Set(await keysOf(server, 'POST /login')).size).toBe(1);
    expect(next.getState().status).toBe('signed-in');
  });

  test('that fails leaves the key to the present session', async () => {
    const { server, client } = await signedIn();
    server.fail('POST /login', () => problem(401, 'invalid_assertion'));
    await expect(settled(client.signIn('b'))).rejects.toMatchObject({ code: 'invalid_assertion' });
    await expect(settled(client.refresh())).resolves.toMatchObject({ state: 'valid' });
  });
});

describe('a refresh', () => {
  test('proves the key, with a new proof each time', async () => {
    const { server, client } = await signedIn();
    await settled(client.refresh());
    await settled(client.refresh());
    const [login] = await keysOf(server, 'POST /login');
    const proofs = await proofsOf(server, 'POST /refresh');
    expect(proofs).toMatchObject(Array(2).fill({ thumbprint: login, htm: 'POST', htu: `${BASE}/refresh` }));
    expect(new Set(proofs.map(({ jti }) => jti)).size).toBe(2);
    expect(server.rotated).toBe(2);
  });

  test('follows the clock of the server, with one retry', async () => {
    const { server, client } = await signedIn();
    server.dpop.ahead = 10 * 60_000;
    await expect(settled(client.refresh())).resolves.toMatchObject({ state: 'valid' });
    await settled(client.refresh());
    expect(server.requestsTo('POST /refresh')).toHaveLength(3);
  });

  test('takes the time from any response of the API', async () => {
    const { server, client } = await signedIn();
    server.dpop.ahead = 10 * 60_000;
    await settled(sessionsOf(client).list());
    await settled(client.refresh());
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('sends the newest nonce, and repeats a request once without one', async () => {
    const { server, client } = await signedIn();
    for (const nonce of ['n-1', 'n-2']) {
      server.dpop.nonce = nonce;
      await expect(settled(client.refresh())).resolves.toMatchObject({ state: 'valid' });
      await settled(client.refresh());
    }
    const nonces = (await proofsOf(server, 'POST /refresh')).map(({ nonce }) => nonce);
    expect(nonces).toEqual([undefined, 'n-1', 'n-1', 'n-1', 'n-2', 'n-2']);
  });

  test('is repeated once, with a new proof, if the first one was seen', async () => {
    const { server, client } = await signedIn();
    server.fail('POST /refresh', () => problem(400, 'invalid_dpop_proof'));
    await expect(settled(client.refresh())).resolves.toMatchObject({ state: 'valid' });
    const [refused, accepted] = await proofsOf(server, 'POST /refresh');
    expect(accepted?.jti).not.toBe(refused?.jti);
  });

  test('is repeated once only, and its failure signs no tab out', async () => {
    const { server, client } = await signedIn();
    const other = await openTab(server);
    server.fail('POST /refresh', () => problem(400, 'invalid_dpop_proof'), 2);
    await expect(settled(client.refresh())).rejects.toMatchObject({ code: 'invalid_dpop_proof', status: 400 });
    expect(server.requestsTo('POST /refresh').length).toBeGreaterThanOrEqual(2);
    expect([client.getState().status, other.getState().status]).toEqual(['signed-in', 'signed-in']);
  });
});

describe('a sign-out', () => {
  test('proves the key, so that an older cookie is no theft', async () => {
    const { server, client } = await signedIn();
    await settled(client.signOut());
    const [proof] = await proofsOf(server, 'POST /revoke');
    expect(proof).toMatchObject({ htm: 'POST', htu: `${BASE}/revoke`, thumbprint: server.dpop.thumbprints.get('s-a') });
  });

  test('in header mode proves the key, too', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode: headerMode() });
    await settled(client.signOut());
    expect(await keysOf(server, 'POST /revoke')).toEqual([server.dpop.thumbprints.get('s-a')]);
  });

  test('goes on without a proof if the storage fails', async () => {
    const { server, client } = await signedIn();
    client.dispose();
    const next = await openTab(server);
    vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(() => {
      throw new Error('the storage fails');
    });
    await settled(next.signOut());
    expect(server.requestsTo('POST /revoke')).toHaveLength(1);
    expect(server.live.size).toBe(0);
  });
});

describe('a browser that has lost its key', () => {
  const lose = (): void => void vi.stubGlobal('indexedDB', new IDBFactory());

  test('signs out on its next page, with a reason, and sends no refresh', async () => {
    const { server, client } = await signedIn();
    client.dispose();
    lose();
    const onSignedOut = vi.fn();
    server.left = 0;
    const next = await openTab(server, { onSignedOut });
    await advance(2 * HOUR);
    expect(next.getState()).toMatchObject({ status: 'signed-out', endedReason: 'key_lost', error: null });
    expect(onSignedOut.mock.calls).toEqual([['key_lost']]);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    // One of the first page, one after the sign-in, and one of this page.
    expect(server.requestsTo('GET /refresh')).toHaveLength(3);
  });

  test('signs out this tab alone, and can sign in again', async () => {
    const { server, client } = await signedIn();
    const other = await openTab(server);
    await settled(other.refresh());
    lose();
    const sent = server.requestsTo('POST /refresh').length;
    const third = await openTab(server);
    expect(third.getState()).toMatchObject({ status: 'signed-out', endedReason: 'key_lost' });
    expect([client.getState().status, other.getState().status]).toEqual(['signed-in', 'signed-in']);
    await expect(settled(other.refresh())).resolves.toMatchObject({ state: 'valid' });
    expect(server.requestsTo('POST /refresh')).toHaveLength(sent + 1);
    await settled(third.signIn('b'));
    expect(third.getState()).toMatchObject({ status: 'signed-in', endedReason: null, token: { sessionId: 's-b' } });
  });

  test('that has another key signs out after one refusal, and does not loop', async () => {
    const { server, client } = await signedIn();
    server.dpop.thumbprints.set('s-a', 'of another key');
    await expect(settled(client.refresh())).rejects.toMatchObject({ code: 'device_proof_required', status: 400 });
    await advance(3 * HOUR);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'key_lost' });
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await settled(client.signIn('b'));
    expect(new Set(await keysOf(server, 'POST /login')).size).toBe(2);
  });

  test('in header mode signs out without a request that needs the key', async () => {
    const content = { value: null as string | null };
    const storage = { get: () => content.value, set: (value: string) => void (content.value = value), remove: () => void (content.value = null) };
    const { server, client } = await signedIn(bindingServer(), { mode: headerMode({ storage }) });
    client.dispose();
    lose();
    const next = await openTab(server, { mode: headerMode({ storage }) });
    await advance(HOUR);
    expect(next.getState()).toMatchObject({ status: 'signed-out', endedReason: 'key_lost' });
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });
});

describe('a storage that fails for a while', () => {
  const failing = { open: () => { throw new DOMException('the disk is full', 'UnknownError'); } };

  test('is no lost key: the refresh waits, and the session goes on', async () => {
    const { server, client } = await signedIn();
    client.dispose();
    const working = indexedDB;
    vi.stubGlobal('indexedDB', failing);
    const next = await openTab(server);
    await expect(settled(next.refresh())).rejects.toMatchObject({ code: 'key_unavailable', status: null });
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    expect(next.getState()).toMatchObject({ status: 'signed-in', error: { code: 'key_unavailable' } });
    vi.stubGlobal('indexedDB', working);
    await advance(120);
    expect(next.getState()).toMatchObject({ status: 'signed-in', error: null });
    expect(server.rotated).toBe(1);
  });

  test('is no lost key before the first status either', async () => {
    const { server, client } = await signedIn();
    client.dispose();
    vi.stubGlobal('indexedDB', failing);
    const next = tab(server);
    await expect(settled(next.refresh())).rejects.toMatchObject({ code: 'device_proof_required' });
    expect(next.getState().status).toBe('unknown');
  });

  test('that stores no cryptographic key leaves a sign-in unbound', async () => {
    const { put } = IDBObjectStore.prototype;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value: object, key) {
      if ('privateKey' in value) throw new DOMException('The object can not be cloned.', 'DataCloneError');
      return put.call(this, value, key);
    });
    const { server } = await signedIn();
    const { headers } = server.requestsTo('POST /login')[0] ?? {};
    expect([headers?.has('dpop'), headers?.has('idempotency-key')]).toEqual([false, true]);
  });

  test('leaves a sign-in unbound, unless it must be bound', async () => {
    vi.stubGlobal('indexedDB', failing);
    const { server, client } = await signedIn();
    expect(server.requestsTo('POST /login')[0]?.headers.has('dpop')).toBe(false);
    await expect(settled(client.refresh())).resolves.toMatchObject({ state: 'valid' });
    const strict = bindingServer();
    const required = await openTab(strict, { binding: 'require', channel: 'another' });
    await expect(settled(required.signIn('a'))).rejects.toMatchObject({ code: 'key_unavailable' });
    expect(strict.requestsTo('POST /login')).toHaveLength(0);
  });
});

describe('the option binding', () => {
  test('off makes no key', async () => {
    const { server, client } = await signedIn(bindingServer(), { binding: 'off' });
    await settled(client.refresh());
    expect(server.requests.some(({ headers }) => headers.has('dpop'))).toBe(false);
    expect(await storedDeviceKey()).toBeUndefined();
  });

  test('off still proves the key of a session from before', async () => {
    const { server, client } = await signedIn();
    client.dispose();
    await expect(settled((await openTab(server, { binding: 'off' })).refresh())).resolves.toMatchObject({ state: 'valid' });
  });

  test('prefer signs in without a proof if the server refuses every proof', async () => {
    const server = bindingServer();
    server.fail('POST /login', () => problem(400, 'invalid_dpop_proof'), 2);
    const { client } = await signedIn(server);
    expect(server.requestsTo('POST /login').map(({ headers }) => headers.has('dpop'))).toEqual([true, true, false]);
    expect(client.getState().status).toBe('signed-in');
  });

  test('require fails and ends a sign-in that the server leaves unbound', async () => {
    for (const mode of [undefined, headerMode()]) {
      const server = new FakeServer();
      const client = await openTab(server, { binding: 'require', ...(mode && { mode }), channel: `require-${String(mode)}` });
      await expect(settled(client.signIn('a'))).rejects.toMatchObject({ code: 'session_unbound' });
      expect(server.live.size).toBe(0);
      expect(client.getState().status).toBe('signed-out');
      expect(server.requestsTo('POST /revoke')).toHaveLength(1);
    }
  });

  test('require fails if the server refuses every proof', async () => {
    const server = bindingServer();
    server.fail('POST /login', () => problem(400, 'invalid_dpop_proof'), 2);
    const client = await openTab(server, { binding: 'require' });
    await expect(settled(client.signIn('a'))).rejects.toMatchObject({ code: 'invalid_dpop_proof' });
    expect(server.live.size).toBe(0);
  });

  test('require accepts a session that is bound', async () => {
    const { client } = await signedIn(bindingServer(), { binding: 'require' });
    expect(client.getState().status).toBe('signed-in');
  });
});

describe('header mode with a bound token', () => {
  const mode = headerMode({ apiOrigins: ['https://api.example.com'] });

  test('proves each request to the API and to the origins of the app', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode });
    await settled(sessionsOf(client).list());
    const fetch = fetchOf(client);
    await settled(fetch('https://api.example.com/orders?page=2#top', { method: 'post', body: '{}' }));
    const [status, login] = [server.requestsTo('GET /sessions').at(-1), server.requestsTo('POST /login')[0]];
    const order = server.requests.at(-1);
    expect(order?.headers.get('authorization')).toBe('DPoP access.s-a.0');
    expect(status?.headers.get('authorization')).toBe('DPoP access.s-a.0');
    expect(await readProof(order?.headers.get('dpop') ?? '')).toMatchObject({
      htm: 'POST',
      htu: 'https://api.example.com/orders',
      thumbprint: (await readProof(login?.headers.get('dpop') ?? '')).thumbprint,
      ath: expect.any(String),
    });
  });

  test('sends the token and the proof to no other origin', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode });
    await settled(fetchOf(client)('https://evil.example/orders'));
    const { headers } = server.requests.at(-1) ?? {};
    expect([headers?.get('authorization'), headers?.get('dpop')]).toEqual([null, null]);
  });

  test('keeps an Authorization header of the app', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode });
    await settled(fetchOf(client)(`${ORIGIN}/orders`, { headers: { authorization: 'Basic eDp5' } }));
    expect(server.requests.at(-1)?.headers.get('authorization')).toBe('Basic eDp5');
    expect(server.requests.at(-1)?.headers.has('dpop')).toBe(false);
  });

  test('obeys the nonce of another server, which sends no problem document', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode });
    const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"', 'dpop-nonce': 'of the app' };
    server.fail('GET https://api.example.com/orders', () => new Response('', { status: 401, headers: challenge }));
    const response = await settled(fetchOf(client)(new Request('https://api.example.com/orders')));
    expect(response.status).toBe(200);
    expect(await readProof(server.requests.at(-1)?.headers.get('dpop') ?? '')).toMatchObject({ nonce: 'of the app' });
    await settled(client.refresh());
    expect((await proofsOf(server, 'POST /refresh'))[0]?.nonce).toBeUndefined();
  });

  test('shares the token with a new tab, which proves the same key', async () => {
    const { server } = await signedIn(bindingServer(), { mode });
    const two = await openTab(server, { mode });
    await advance(1);
    await settled(fetchOf(two)('https://api.example.com/orders'));
    const { thumbprint } = await readProof(server.requests.at(-1)?.headers.get('dpop') ?? '');
    expect(thumbprint).toBe(server.dpop.thumbprints.get('s-a'));
  });

  test('has the key of the new session when another user signs in in another tab', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode });
    const two = await openTab(server, { mode });
    await advance(1);
    const usedKey = async (): Promise<string> => {
      await settled(fetchOf(two)('https://api.example.com/orders'));
      return (await readProof(server.requests.at(-1)?.headers.get('dpop') ?? '')).thumbprint;
    };
    expect(await usedKey()).toBe(server.dpop.thumbprints.get('s-a'));
    await settled(client.signOut());
    await settled(client.signIn('b'));
    expect(await usedKey()).toBe(server.dpop.thumbprints.get('s-b'));
    expect(server.dpop.thumbprints.get('s-b')).not.toBe(server.dpop.thumbprints.get('s-a'));
  });

  test('has the key of the new session at once when another user signs in', async () => {
    const { server, client } = await signedIn(bindingServer(), { mode });
    await settled(fetchOf(client)('https://api.example.com/orders'));
    await settled(client.signOut());
    await settled(client.signIn('b'));
    await settled(fetchOf(client)('https://api.example.com/orders'));
    const { thumbprint } = await readProof(server.requests.at(-1)?.headers.get('dpop') ?? '');
    expect(thumbprint).toBe(server.dpop.thumbprints.get('s-b'));
    expect(thumbprint).not.toBe(server.dpop.thumbprints.get('s-a'));
  });
});

describe('a device-bound session', () => {
  test('is never refreshed by the client, which asks for the status once the token has expired', async () => {
    const server = new FakeServer().signedIn();
    server.deviceBound.add('s-1');
    server.left = 600;
    const client = await openTab(server);
    expect(client.getState().token).toMatchObject({ state: 'valid', needsRefresh: false, canRefresh: false });
    await advance(590);
    expect(server.requestsTo('GET /refresh')).toHaveLength(1);
    await advance(20);
    expect(server.requestsTo('GET /refresh')).toHaveLength(2);
    await settled(client.refresh());
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    expect(client.getState().status).toBe('signed-in');
  });

  test('that the browser bound since the sign-in loses no user to a refused refresh', async () => {
    const server = new FakeServer();
    const { client } = await signedIn(server, { binding: 'off' });
    server.deviceBound.add('s-a');
    server.fail('POST /refresh', () => problem(400, 'device_proof_required'), Infinity);
    await expect(settled(client.refresh())).resolves.toMatchObject({ state: 'valid', canRefresh: false });
    await advance(2 * HOUR);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null });
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('that the client still refreshes once keeps the life of its access token', async () => {
    const { server, client } = await signedIn(bindingServer(), { binding: 'prefer' });
    await advance(600);
    server.deviceBound.add('s-a');
    await settled(client.refresh());
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    const { state, expiresIn, canRefresh } = client.getState().token;
    expect({ state, canRefresh }).toEqual({ state: 'valid', canRefresh: false });
    expect(expiresIn).toBeLessThanOrEqual(HOUR - 600);
    expect(expiresIn).toBeGreaterThan(HOUR - 660);
  });

  test('causes one question a minute while the browser cannot renew its token', async () => {
    const server = new FakeServer().signedIn();
    server.deviceBound.add('s-1');
    server.left = 0;
    await openTab(server);
    await advance(600);
    const count = server.requestsTo('GET /refresh').length;
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(13);
  });

  test('ends in this browser once its cookies are gone', async () => {
    const server = new FakeServer().signedIn();
    server.deviceBound.add('s-1');
    const client = await openTab(server);
    server.cookie = null;
    await settled(client.refresh());
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'expired' });
  });
});
