/** Where the keys of refreshes are kept, and what happens if they cannot be stored. */

import { IDBFactory, IDBObjectStore as FakeStore } from 'fake-indexeddb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { headerMode, type Latchkey, type LatchkeyOptions, type RefreshKeyStorage } from '../../src/core/index.js';
import { FakeServer } from './support/fake-server.js';
import { storedKeys, storeKeys, useIndexedDb } from './support/indexed-db.js';
import { advance, openTab, setUpTabs, settle } from './support/tabs.js';

setUpTabs();
beforeEach(() => useIndexedDb());

/** Signs in and refreshes; returns what the client sent to show that it made these requests. */
async function sent(server: FakeServer, client: Latchkey, seconds = 1): Promise<unknown[]> {
  const before = server.requests.length;
  const work = client.signIn('a').then(() => client.refresh());
  await advance(seconds);
  await work;
  return server.requests
    .slice(before)
    .filter(({ method }) => method === 'POST')
    .map(({ path, headers, body }) => [path, headers.get('idempotency-key'), body?.['previous_keys']]);
}

const NO_KEYS = [['/login', null, undefined], ['/refresh', null, undefined]];
const KEYS = [['/login', expect.any(String), undefined], ['/refresh', expect.any(String), [expect.any(String)]]];

const FAULTS: Record<string, () => void> = {
  'there is no IndexedDB': () => vi.stubGlobal('indexedDB', undefined),
  'opening it throws': () => vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => { throw new DOMException('denied', 'SecurityError'); }),
  'opening it fails': () =>
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      const request = {} as IDBOpenDBRequest;
      queueMicrotask(() => request.onerror?.(new Event('error')));
      return request;
    }),
  'opening it never ends': () => vi.spyOn(IDBFactory.prototype, 'open').mockReturnValue({} as IDBOpenDBRequest),
  'the app has a database of that name': () => {
    useIndexedDb();
    indexedDB.open('latchkey', 1);
  },
  'a transaction is aborted when it is written to the disk': () => {
    const { put } = FakeStore.prototype;
    vi.spyOn(FakeStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args);
      request.addEventListener('success', () => this.transaction.abort());
      return request;
    });
  },
  'there is no source of random bits': () => vi.stubGlobal('crypto', undefined),
};

/** The faults that are noticed by a deadline. */
const HANGS = ['opening it never ends'];

describe('without a place to store keys', () => {
  test.each(Object.entries(FAULTS))('the client sends none, and works, if %s', async (name, fail) => {
    const server = new FakeServer();
    const client = await openTab(server);
    fail();
    expect(await sent(server, client, HANGS.includes(name) ? 10 : 1)).toEqual(NO_KEYS);
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' }, error: null });
  });

  test('a fault passes: the next request has a key', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    const fault = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError'); });
    expect(await sent(server, client)).toEqual(NO_KEYS);
    fault.mockRestore();
    const refresh = client.refresh();
    await advance(1);
    await refresh;
    expect(server.requests.at(-1)?.headers.get('idempotency-key')).toMatch(/^[\w-]{26}$/);
  });

  test.each(['a', 'no'])('a request without a key leaves %s record as it is', async (which) => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    if (which === 'a') await sent(server, client);
    await settle();
    const before = await storedKeys();
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementationOnce(() => { throw new DOMException('busy', 'UnknownError'); });
    const refresh = client.refresh();
    await advance(1);
    await refresh;
    expect(server.requests.at(-1)?.headers.has('idempotency-key')).toBe(false);
    expect(await storedKeys()).toEqual(before);
  });

  test('a storage that hangs delays a request by three seconds at most', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    vi.spyOn(IDBFactory.prototype, 'open').mockReturnValue({} as IDBOpenDBRequest);
    const refresh = client.refresh();
    await advance(2.9);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    await advance(0.2);
    await refresh;
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });
});

describe('a damaged record', () => {
  const KEY = 'k'.repeat(22);
  test.each([
    ['text', 'keys'],
    ['null', null],
    ['without keys', { doneAt: null }],
    ['with an empty list', { keys: [], doneAt: null }],
    ['with a time that is none', { keys: [KEY], doneAt: 'now' }],
    ['with a short key', { keys: ['short'], doneAt: null }],
    ['with a long key', { keys: ['k'.repeat(65)], doneAt: null }],
    ['with a key of other characters', { keys: [`${KEY} ü`], doneAt: null }],
    ['with a key that is none', { keys: [KEY, { a: KEY }], doneAt: null }],
  ])('is replaced: %s', async (_, value) => {
    await storeKeys(value);
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const refresh = client.refresh();
    await advance(1);
    await refresh;
    const [request] = server.requestsTo('POST /refresh');
    const key = request?.headers.get('idempotency-key');
    expect([key, request?.body]).toEqual([expect.stringMatching(/^[\w-]{26}$/), {}]);
    expect(await storedKeys()).toMatchObject({ keys: [key] });
  });

  test('that is not damaged is used', async () => {
    await storeKeys({ keys: [KEY], doneAt: null });
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const refresh = client.refresh();
    await advance(1);
    await refresh;
    expect(server.requestsTo('POST /refresh')[0]?.headers.get('idempotency-key')).toBe(KEY);
  });
});

describe('two APIs on one page', () => {
  test('have a record each', async () => {
    const server = new FakeServer().signedIn();
    const other = new FakeServer().signedIn();
    const clients = [await openTab(server), await openTab(other, { baseUrl: 'https://other.example.com/api/auth', channel: 'other' })];
    for (const client of clients) {
      const refresh = client.refresh().catch(() => undefined);
      await advance(1);
      await refresh;
    }
    const [one] = server.requestsTo('POST /refresh');
    const two = other.requests.find(({ path, method }) => method === 'POST' && path.endsWith('/refresh'));
    expect(two?.headers.get('idempotency-key')).toMatch(/^[\w-]{26}$/);
    expect(two?.headers.get('idempotency-key')).not.toBe(one?.headers.get('idempotency-key'));
    expect(two?.body).toEqual({});
  });
});

describe("an app's own storage", () => {
  /** A storage that takes a moment, as in React Native. */
  function slowStorage(): RefreshKeyStorage & { content: string | null; log: string[] } {
    const later = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    return {
      content: null,
      log: [],
      async get() {
        this.log.push('get');
        await later();
        return this.content;
      },
      async set(value) {
        this.log.push('set');
        await later();
        this.content = value;
      },
    };
  }
  const kept = (keyStorage?: RefreshKeyStorage): LatchkeyOptions => ({ mode: headerMode(keyStorage ? { keyStorage } : {}) });

  beforeEach(() => vi.stubGlobal('indexedDB', undefined));

  test('is used where there is no IndexedDB, one update after the other', async () => {
    const storage = slowStorage();
    const server = new FakeServer();
    const client = await openTab(server, kept(storage));
    expect(await sent(server, client)).toEqual(KEYS);
    await advance(1);
    const [login, refresh] = [server.requestsTo('POST /login')[0], server.requestsTo('POST /refresh')[0]].map((each) => each?.headers.get('idempotency-key'));
    expect(JSON.parse(storage.content ?? '')).toEqual({ keys: [refresh, login], doneAt: expect.any(Number) });
    expect(storage.log.join(' ')).toBe('get set get set get set get set');
    expect(storage.content).not.toMatch(/access|refresh\./);
  });

  test('survives the app, whose next start repeats the refresh with the same key', async () => {
    const storage = slowStorage();
    const server = new FakeServer();
    let tokens: string | null = null;
    const storageOfTokens = { get: () => tokens, set: (value: string) => void (tokens = value), remove: () => void (tokens = null) };
    const options: LatchkeyOptions = { mode: headerMode({ storage: storageOfTokens, keyStorage: storage }) };
    const client = await openTab(server, options);
    await sent(server, client);
    server.holdResponse('POST /refresh');
    void client.refresh().catch(() => undefined);
    await advance(1);
    client.dispose();
    const next = await openTab(server, options);
    const refresh = next.refresh();
    await advance(1);
    await refresh;
    const [, lost, repeated] = server.requestsTo('POST /refresh').map(({ headers }) => headers.get('idempotency-key'));
    expect(repeated).toBe(lost);
    expect([server.rotated, server.unproven]).toEqual([2, 0]);
  });

  test.each(['get', 'set'] as const)('that fails to %s leaves the client without keys, for that request', async (method) => {
    const storage = slowStorage();
    const server = new FakeServer();
    const client = await openTab(server, kept(storage));
    const fault = vi.spyOn(storage, method).mockRejectedValue(new Error('full'));
    expect(await sent(server, client)).toEqual(NO_KEYS);
    fault.mockRestore();
    expect(await sent(server, client)).toEqual([['/refresh', expect.any(String), undefined]]);
  });

  test('with other text is taken as empty', async () => {
    const storage = slowStorage();
    storage.content = '{';
    const server = new FakeServer();
    const client = await openTab(server, kept(storage));
    expect(await sent(server, client)).toEqual(KEYS);
  });

  test('is needed there: memory alone gets no keys', async () => {
    const server = new FakeServer();
    const client = await openTab(server, kept());
    expect(await sent(server, client)).toEqual(NO_KEYS);
    await settle();
  });
});
