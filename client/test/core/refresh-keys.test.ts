/** The keys that show the server which refreshes a client made, over tabs, closed tabs and crashes. */

import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { headerMode, type Latchkey } from '../../src/core/index.js';
import { FakeServer, noAnswer, noNetwork, problem, type RecordedRequest } from './support/fake-server.js';
import { storedKeys, useIndexedDb, watchTransactions } from './support/indexed-db.js';
import { advance, hide, openTab, receive, setUpTabs, setWallClock, settle, show, tab } from './support/tabs.js';

setUpTabs();
beforeEach(() => useIndexedDb());

const HOURS = 7_200;

const keysOf = ({ headers, body }: RecordedRequest): (string | null)[] => [
  headers.get('idempotency-key'),
  ...((body?.['previous_keys'] as string[] | undefined) ?? []),
];
const refreshKeys = (server: FakeServer): (string | null)[][] => server.requestsTo('POST /refresh').map(keysOf);

/** A browser whose user has just signed in. */
async function signedIn(): Promise<{ server: FakeServer; client: Latchkey }> {
  const server = new FakeServer();
  const client = await openTab(server);
  const signIn = client.signIn('a');
  await settle();
  await signIn;
  return { server, client };
}

async function refreshed(client: Latchkey): Promise<void> {
  const refresh = client.refresh();
  await settle();
  await refresh;
}

/** Starts a refresh that never gets a response in this tab. */
async function started(client: Latchkey): Promise<void> {
  void client.refresh().catch(() => undefined);
  await settle();
}

/** A page that is opened after the access token has expired, so that it refreshes at once. */
async function nextVisit(server: FakeServer): Promise<Latchkey> {
  setWallClock(HOURS);
  server.left = 0;
  const client = await openTab(server);
  await advance(0.5);
  return client;
}

describe('the keys of a refresh', () => {
  test('are random, new for each refresh, and sent with the two before', async () => {
    const { server, client } = await signedIn();
    for (let n = 0; n < 4; n++) {
      await advance(1);
      await refreshed(client);
    }
    const first = server.requestsTo('POST /login').map(keysOf)[0]?.[0];
    const [one, two, three, four] = refreshKeys(server);
    expect(one).toEqual([one?.[0], first]);
    expect(two).toEqual([two?.[0], one?.[0], first]);
    expect(three).toEqual([three?.[0], two?.[0], one?.[0]]);
    expect(four).toEqual([four?.[0], three?.[0], two?.[0]]);
    const all = [first, ...[one, two, three, four].map((each) => each?.[0])];
    expect(new Set(all).size).toBe(5);
    for (const key of all) expect(key).toMatch(/^[\w-]{16,64}$/);
  });

  test('go with a sign-out and with the next sign-in, so that an older cookie is no theft', async () => {
    const { server, client } = await signedIn();
    await advance(1);
    await refreshed(client);
    const before = refreshKeys(server).at(-1);
    expect(before).toHaveLength(2);
    const signOut = client.signOut();
    await advance(1);
    await signOut;
    expect(server.requestsTo('POST /revoke')[0]?.body).toEqual({ strategy: 'current', previous_keys: before });
    const signIn = client.signIn('b');
    await advance(1);
    await signIn;
    expect(server.requestsTo('POST /login').at(-1)?.body).toMatchObject({ previous_keys: before });
  });

  test('have 130 bits of the random source of the platform', async () => {
    const { server, client } = await signedIn();
    let next = 0;
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      for (let at = 0; at < 26; at++) (array as Uint8Array)[at] = next++;
      return array;
    });
    await refreshed(client);
    await advance(1);
    await refreshed(client);
    const digits = refreshKeys(server).map(([key]) => key ?? '');
    expect(digits.map(({ length }) => length)).toEqual([26, 26]);
    // The bytes count upwards, so 64 of them have each digit of base 32 twice: five bits of each byte are in the key.
    expect(new Set(digits.join('')).size).toBe(32);
  });

  test('are stored durably, in one transaction, before the request is sent', async () => {
    const { server, client } = await signedIn();
    const transactions = watchTransactions();
    let before: unknown;
    server.fail('POST /refresh', async () => {
      before = structuredClone(transactions);
      return problem(503, 'store_unavailable');
    });
    await started(client);
    // The second one reads the key of the session.
    expect(before).toEqual(Array(2).fill({ mode: 'readwrite', durability: 'strict', completed: true }));
    expect(await storedKeys()).toEqual({ keys: refreshKeys(server)[0], doneAt: null });
  });

  test('are all that is stored: no token, no session, in header mode neither', async () => {
    const server = new FakeServer();
    const client = await openTab(server, { mode: headerMode() });
    const signIn = client.signIn('a');
    await settle();
    await signIn;
    await refreshed(client);
    await settle();
    expect(server.requestsTo('POST /refresh')[0]?.body).toEqual({ refresh_token: 'refresh.s-a.0', previous_keys: [expect.any(String)] });
    const stored = (await storedKeys()) as { keys: string[] };
    expect(stored).toEqual({ keys: refreshKeys(server)[0], doneAt: Date.now() });
    expect((await indexedDB.databases()).map(({ name }) => name)).toEqual(['latchkey']);
  });

  test('are not pushed out by sign-ins that fail', async () => {
    const { server, client } = await signedIn();
    server.fail('POST /refresh', noNetwork);
    await started(client);
    const lost = refreshKeys(server)[0]?.[0];
    for (const assertion of ['b', 'c', 'd', 'e']) {
      server.fail('POST /login', () => problem(401, 'invalid_assertion'));
      const failed = expect(client.signIn(assertion)).rejects.toMatchObject({ code: 'invalid_assertion' });
      await settle();
      await failed;
    }
    expect(keysOf(server.requestsTo('POST /login').at(-1)!)).toContain(lost);
    expect(await storedKeys()).toMatchObject({ keys: expect.arrayContaining([lost]) as unknown });
  });

  test('begin again with a sign-in, and stay if it fails', async () => {
    const { server, client } = await signedIn();
    await refreshed(client);
    const before = refreshKeys(server)[0];
    server.fail('POST /login', () => problem(401, 'invalid_assertion'));
    const failed = expect(client.signIn('b')).rejects.toMatchObject({ code: 'invalid_assertion' });
    await settle();
    await failed;
    const [, failedKeys] = server.requestsTo('POST /login').map(keysOf);
    expect(await storedKeys()).toEqual({ keys: [failedKeys?.[0], ...(before ?? [])], doneAt: null });
    await advance(1);
    const signIn = client.signIn('c');
    await settle();
    await signIn;
    await settle();
    const key = server.requestsTo('POST /login').map(keysOf)[2]?.slice(0, 1);
    expect(await storedKeys()).toEqual({ keys: key, doneAt: Date.now() });
    await advance(1);
    await refreshed(client);
    expect(refreshKeys(server)[1]?.slice(1)).toEqual(key);
  });
});

/** How far a refresh has come when its tab is closed; afterwards the browser has the old cookie or the new one. */
const STEPS: Record<string, (server: FakeServer, client: Latchkey) => Promise<void>> = {
  async 'before the request leaves'(server, client) {
    server.fail('POST /refresh', noAnswer);
    await started(client);
    client.dispose();
  },
  async 'before the response, which is lost'(server, client) {
    server.holdResponse('POST /refresh');
    await started(client);
    client.dispose();
  },
  async 'before the response, whose cookies arrive later'(server, client) {
    const release = server.holdResponse('POST /refresh');
    await started(client);
    client.dispose();
    release();
    await settle();
  },
  async 'after the response'(_, client) {
    await refreshed(client);
    client.dispose();
  },
};

describe.each(Object.entries(STEPS))('a tab that is closed %s', (_, close) => {
  test.each(['keeps its cookies', 'loses the newest cookies in a crash'])('is no theft at the next visit if the browser %s', async (how) => {
    const { server, client } = await signedIn();
    const before = server.cookie;
    await close(server, client);
    if (how !== 'keeps its cookies') server.cookie = before;
    const next = await nextVisit(server);
    expect(next.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' } });
    expect(server.unproven).toBe(0);
    expect(server.cookie?.generation).toBe(server.live.get('s-a'));
    // And the visit after that.
    next.dispose();
    const last = await nextVisit(server);
    expect(last.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' } });
    expect(server.unproven).toBe(0);
  });
});

describe('a crash', () => {
  test('after two refreshes, of which the disk has neither cookie, is no theft', async () => {
    const { server, client } = await signedIn();
    const before = server.cookie;
    for (let n = 0; n < 2; n++) {
      await advance(1);
      await refreshed(client);
    }
    client.dispose();
    server.cookie = before;
    await nextVisit(server);
    expect(server.unproven).toBe(0);
    expect(server.cookie?.generation).toBe(2);
  });

  test('soon after a refresh is no theft, although the record is done', async () => {
    const { server, client } = await signedIn();
    const before = server.cookie;
    await advance(1);
    await refreshed(client);
    client.dispose();
    server.cookie = before;
    server.left = 0;
    await advance(1);
    const next = await openTab(server);
    await advance(0.5);
    expect(refreshKeys(server)[1]?.slice(1)).toEqual(refreshKeys(server)[0]);
    expect(next.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' } });
    expect([server.unproven, server.cookie?.generation]).toEqual([0, 1]);
  });

  test('again and again is no theft, and takes no place in the record', async () => {
    const { server, client } = await signedIn();
    const before = server.cookie;
    await advance(1);
    await refreshed(client);
    client.dispose();
    for (let n = 0; n < 4; n++) {
      server.cookie = before;
      server.left = 0;
      await advance(1);
      const next = await openTab(server);
      await advance(0.5);
      expect([server.unproven, server.rotated, server.cookie?.generation]).toEqual([0, 1, 1]);
      next.dispose();
    }
    const [made, unused, ...again] = refreshKeys(server);
    expect(unused?.slice(1)).toEqual(made);
    expect(again).toEqual([unused, unused, unused]);
    // With the cookies of the last visit the key makes the next tokens, and is done.
    const last = await openTab(server);
    for (let n = 0; n < 2; n++) {
      await advance(1);
      await refreshed(last);
    }
    const [next, after] = refreshKeys(server).slice(5);
    expect(next).toEqual(unused);
    expect(after?.slice(1)).toEqual(unused?.slice(0, 2));
    expect(server.rotated).toBe(3);
  });

  test('would be one without stored keys, so that these tests can fail', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const { server, client } = await signedIn();
    server.holdResponse('POST /refresh');
    await started(client);
    client.dispose();
    await nextVisit(server);
    expect(server.unproven).toBe(1);
  });
});

describe('tabs of one browser', () => {
  test.each(['with', 'without'])('that refresh at the same moment make one rotation, %s messages', async (how) => {
    if (how === 'without') vi.stubGlobal('BroadcastChannel', undefined);
    const { server } = await signedIn();
    await Promise.all(Array.from({ length: 9 }, () => openTab(server)));
    await hide();
    await advance(4000);
    server.left = 0;
    await show();
    await advance(5);
    expect([server.rotated, server.unproven]).toEqual([1, 0]);
    expect(new Set(refreshKeys(server).map(([key]) => key)).size).toBe(1);
    expect(server.cookie?.generation).toBe(1);
  });

  test('rotate if the app asks for it after a message with the token of another tab', async () => {
    const { server, client } = await signedIn();
    const other = await openTab(server);
    await advance(10);
    await refreshed(client);
    await settle();
    await advance(1);
    await refreshed(other);
    expect([server.rotated, server.unproven]).toEqual([2, 0]);
  });

  test('send nothing if a token arrives while the record is written', async () => {
    const { server, client } = await signedIn();
    await advance(10);
    vi.spyOn(IDBFactory.prototype, 'open').mockReturnValue({} as IDBOpenDBRequest);
    const refresh = client.refresh();
    await receive({ type: 'token', sessionId: 's-a', secondsLeft: 3600, newFor: 60, signIn: false, tokens: null });
    await advance(4);
    expect(await refresh).toMatchObject({ state: 'valid', sessionId: 's-a' });
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });

  test('send nothing if the user signs out while the record is written', async () => {
    const { server, client } = await signedIn();
    await advance(10);
    vi.spyOn(IDBFactory.prototype, 'open').mockReturnValue({} as IDBOpenDBRequest);
    const refresh = client.refresh();
    const signOut = client.signOut();
    // The refresh and the sign-out each wait for the storage for 3 s at most.
    await advance(7);
    await signOut;
    expect(await refresh).toMatchObject({ state: 'ended' });
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });

  describe('without messages', () => {
    let server: FakeServer;
    let one: Latchkey;
    let two: Latchkey;

    beforeEach(async () => {
      vi.stubGlobal('BroadcastChannel', undefined);
      ({ server, client: one } = await signedIn());
      two = await openTab(server);
      await advance(10);
    });

    test('get the token of a tab that has refreshed meanwhile, and then a new one', async () => {
      await refreshed(one);
      await advance(60);
      await refreshed(two);
      const [first, second] = refreshKeys(server);
      expect(second).toEqual(first);
      expect(server.rotated).toBe(1);
      await advance(1);
      await refreshed(two);
      expect(refreshKeys(server)[2]?.slice(1)).toEqual(first?.slice(0, 2));
      expect(server.rotated).toBe(2);
    });

    test('rotate if that refresh was too long ago', async () => {
      await refreshed(one);
      await advance(301);
      await refreshed(two);
      expect([server.rotated, server.unproven]).toEqual([2, 0]);
    });

    test('rotate if the clock was set back since that refresh', async () => {
      await refreshed(one);
      setWallClock(-5);
      await refreshed(two);
      expect([server.rotated, server.unproven]).toEqual([2, 0]);
    });

    test('rotate if they were opened after that refresh', async () => {
      await refreshed(one);
      await advance(1);
      server.fail('GET /refresh', noNetwork, 9);
      const three = tab(server);
      await refreshed(three);
      expect([server.rotated, server.unproven]).toEqual([2, 0]);
    });

    test('adopt a refresh that completed while their status was on its way', async () => {
      const release = server.holdResponse('GET /refresh');
      const three = tab(server);
      three.subscribe(() => {});
      await advance(1);
      await refreshed(one);
      await advance(1);
      server.left = 3600;
      release();
      await settle();
      await refreshed(three);
      expect(server.rotated).toBe(1);
    });
  });
});

describe('a request that was long on its way', () => {
  test('is superseded, and repeated once with a new key', async () => {
    const { server, client } = await signedIn();
    await advance(1);
    server.fail('POST /refresh', () => problem(409, 'refresh_superseded'));
    await refreshed(client);
    const [first, second] = refreshKeys(server);
    expect(second?.slice(1)).toEqual(first);
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' }, error: null });
    expect(server.rotated).toBe(1);
  });

  test('is not repeated twice, ends nothing, and has a new key later', async () => {
    const { server, client } = await signedIn();
    await advance(1);
    server.fail('POST /refresh', () => problem(409, 'refresh_superseded'), 2);
    const failed = expect(client.refresh()).rejects.toMatchObject({ code: 'refresh_superseded', status: 409 });
    await settle();
    await failed;
    expect(refreshKeys(server)).toHaveLength(2);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: { code: 'refresh_superseded' } });
    await advance(3);
    const [, second, third] = refreshKeys(server);
    expect(third?.[0]).not.toBe(second?.[0]);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null });
  });

  test('does not close the newer key of another tab', async () => {
    const { server, client } = await signedIn();
    const other = await openTab(server, { channel: 'other' });
    await advance(1);
    const { keys } = (await storedKeys()) as { keys: string[] };
    let refuse = (_: Response): void => {};
    server.fail('POST /refresh', () => new Promise<Response>((resolve) => (refuse = resolve)));
    await started(client);
    // Meanwhile another tab has the response to the same key, and refreshes once more.
    await refreshed(other);
    await advance(1);
    await refreshed(other);
    const newest = refreshKeys(server)[2];
    refuse(problem(409, 'refresh_superseded'));
    await settle();
    // The tab adopts that refresh.
    expect(refreshKeys(server)[3]).toEqual(newest);
    expect(newest).toEqual([newest?.[0], refreshKeys(server)[0]?.[0], ...keys]);
    expect([server.rotated, server.unproven]).toEqual([2, 0]);
  });
});
