import { describe, expect, test, vi } from 'vitest';
import { sessionsOf, userSessionsOf } from '../../src/core/index.js';
import { FakeServer, problem } from './support/fake-server.js';
import { advance, fakeStorage, openTab, setUpTabs, tab } from './support/tabs.js';

setUpTabs();

describe('after a reload', () => {
  test('the list is there at once, and the server is asked whether it has changed', async () => {
    vi.stubGlobal('sessionStorage', fakeStorage());
    const server = new FakeServer().signedIn();
    const before = await openTab(server);
    await sessionsOf(before).list();
    before.dispose();
    for (let reload = 0; reload < 60; reload++) {
      const client = await openTab(server);
      const stop = sessionsOf(client).watch();
      expect(client.getState().sessions).toHaveLength(1);
      await advance(0.5);
      stop();
      client.dispose();
    }
    const lists = server.requestsTo('GET /sessions');
    expect(lists).toHaveLength(61);
    expect(lists.filter(({ headers }) => headers.has('if-none-match'))).toHaveLength(60);
  });

  test('a limited page shows the last list, without what the user ended since', async () => {
    vi.stubGlobal('sessionStorage', fakeStorage());
    const server = new FakeServer().signedIn();
    for (const other of ['s-2', 's-3']) server.live.set(other, 0);
    const before = await openTab(server);
    await sessionsOf(before).list();
    server.fail('GET /sessions', () => problem(429, 'rate_limited', { retry_after: 800 }, { 'retry-after': '800' }), 99);
    await sessionsOf(before).revoke('s-2');
    before.dispose();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    expect(client.getState().error).toMatchObject({ code: 'rate_limited' });
    expect(client.getState().sessions?.map(({ session_id }) => session_id)).toEqual(['s-1', 's-3']);
    await sessionsOf(client).revokeOthers();
    expect([...server.live.keys()]).toEqual(['s-1']);
  });

  test('another session gets no list of the one before, and a sign-out removes it', async () => {
    const storage = fakeStorage();
    vi.stubGlobal('sessionStorage', storage);
    const server = new FakeServer().signedIn();
    const before = await openTab(server);
    await sessionsOf(before).list();
    before.dispose();
    server.signedIn('s-9');
    server.fail('GET /sessions', () => problem(429, 'rate_limited', {}, { 'retry-after': '800' }), 99);
    const client = tab(server);
    sessionsOf(client).watch();
    client.subscribe(() => {});
    await advance(1);
    expect(client.getState()).toMatchObject({ status: 'signed-in', sessions: null });
    await client.signOut();
    expect(storage.length).toBe(0);
  });
});

describe("the server's clock", () => {
  test.each([
    ['behind', -3600],
    ['ahead', 3600],
  ])('is known on a device whose clock is an hour %s', async (_, off) => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    vi.setSystemTime(Date.parse('2026-11-24T10:05:00Z') + off * 1000);
    await sessionsOf(client).list();
    expect(Math.round(client.getState().serverTimeOffset / 1000)).toBe(-off);
  });

  test('that differs by the time of a response changes nothing', async () => {
    const server = new FakeServer().signedIn();
    vi.setSystemTime(Date.parse('2026-11-24T10:04:51.500Z'));
    const client = await openTab(server);
    expect(client.getState().serverTimeOffset).toBe(0);
  });
});

describe("after a reload of an administrator's view of a user", () => {
  test('the list is there at once, and the server is asked whether it has changed', async () => {
    vi.stubGlobal('sessionStorage', fakeStorage());
    const server = new FakeServer().signedIn();
    const before = await openTab(server);
    await userSessionsOf(before, 'alice').list();
    before.dispose();
    for (let reload = 0; reload < 60; reload++) {
      const client = await openTab(server);
      const alice = userSessionsOf(client, 'alice');
      const stop = alice.watch();
      await advance(0.5);
      expect(alice.getState().sessions).toHaveLength(1);
      stop();
      client.dispose();
    }
    const lists = server.requestsTo('GET /sessions').filter(({ path }) => path.includes('user_id=alice'));
    expect(lists).toHaveLength(61);
    expect(lists.filter(({ headers }) => headers.has('if-none-match'))).toHaveLength(60);
  });

  test("another user's page, another session and a signed-out tab get no such list", async () => {
    const storage = fakeStorage();
    vi.stubGlobal('sessionStorage', storage);
    const server = new FakeServer().signedIn();
    const before = await openTab(server);
    await userSessionsOf(before, 'alice').list();
    before.dispose();
    server.fail('GET /sessions', () => problem(429, 'rate_limited', {}, { 'retry-after': '800' }), 99);
    const client = await openTab(server);
    const [alice, bob] = ['alice', 'bob'].map((user) => userSessionsOf(client, user));
    alice!.watch();
    bob!.watch();
    await advance(1);
    expect(alice!.getState().sessions).toHaveLength(1);
    expect(bob!.getState().sessions).toBeNull();
    await client.signOut();
    expect([...Array(storage.length).keys()].map((index) => storage.key(index))).not.toContainEqual(expect.stringContaining('user-list'));
    client.dispose();
  });
});
