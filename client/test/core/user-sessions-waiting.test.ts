import { describe, expect, test } from 'vitest';
import { userSessionsOf, type Latchkey, type UserSessions } from '../../src/core/index.js';
import { FakeServer, json, noNetwork, problem, sessionOf } from './support/fake-server.js';
import { happens, hide, openTab, pass, setUpTabs, settle, show } from './support/tabs.js';

setUpTabs();

const LIST = 'GET /sessions';
const listOf = (...ids: string[]) => () =>
  json(200, { user_id: 'paul', server_time: '2026-11-24T10:05:00Z', session_limit: 5, sessions: ids.map((id) => sessionOf(id)) });

async function watched(server: FakeServer): Promise<[UserSessions, Latchkey]> {
  const client = await openTab(server);
  const paul = userSessionsOf(client, 'paul');
  paul.watch();
  await settle();
  return [paul, client];
}

describe("watching somebody else's sessions", () => {
  test('asks every 10 s while visible, and at once when looked at again', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'), 99);
    const [paul] = await watched(server);
    expect(server.of(LIST)[0]?.path).toBe('/sessions?include=analytics&user_id=paul');
    expect(paul.getState()).toMatchObject({ userId: 'paul', sessions: [{ session_id: 'p-1' }] });
    await pass(30);
    expect(server.of(LIST)).toHaveLength(4);
    await hide();
    await pass(60);
    expect(server.of(LIST)).toHaveLength(4);
    await show();
    expect(server.of(LIST)).toHaveLength(5);
  });

  test("does not touch the client's own list, nor reach the other tabs", async () => {
    const server = new FakeServer().signedIn();
    const other = await openTab(server);
    server.fail(LIST, listOf('p-1'), 99);
    const [, client] = await watched(server);
    for (const each of [client, other]) expect(each.getState()).toMatchObject({ sessions: null, userId: null });
  });

  test('forbidden takes away what was seen, and is not asked about again until somebody does', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, () => problem(403, 'forbidden'), 99);
    const [paul] = await watched(server);
    await pass(60);
    await happens('focus');
    expect(paul.getState()).toMatchObject({ sessions: null, retryAt: null, error: { code: 'forbidden' } });
    expect(server.of(LIST)).toHaveLength(2);
    await expect(paul.list()).rejects.toMatchObject({ code: 'forbidden' });
    expect(server.of(LIST)).toHaveLength(3);
  });

  test('whoever signs in next is asked about anew, and sees nothing of what the one before saw', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, () => problem(403, 'forbidden'), 99);
    const [paul, client] = await watched(server);
    await client.signIn('b');
    await pass(1);
    expect(server.of(LIST)).toHaveLength(2);
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'forbidden' } });
    await client.signIn('c');
    await pass(1);
    expect(server.of(LIST)).toHaveLength(3);
  });

  test('whoever signs out takes along what was seen', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'), 99);
    const [paul, client] = await watched(server);
    expect(paul.getState().sessions).toHaveLength(1);
    void client.signOut();
    expect(paul.getState()).toMatchObject({ userId: null, sessions: null });
    await settle();
  });

  test('also where nobody answers that one', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, noNetwork, 99);
    const [paul, client] = await watched(server);
    await client.signIn('b');
    await pass(1);
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'network' } });
    expect(server.of(LIST)[1]?.headers.get('if-none-match')).toBeNull();
  });

  test('an answer to whoever was signed in before is dropped', async () => {
    const server = new FakeServer().signedIn();
    let answer = (_: Response): void => {};
    server.fail(LIST, () => new Promise<Response>((resolve) => (answer = resolve)));
    server.fail(LIST, () => problem(403, 'forbidden'), 99);
    const [paul, client] = await watched(server);
    const seen: unknown[] = [];
    paul.subscribe(() => seen.push(paul.getState().sessions));
    await client.signIn('b');
    answer(listOf('p-1')());
    await pass(1);
    expect(new Set(seen)).toEqual(new Set([null]));
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'forbidden' } });
  });

  test('Retry-After holds it and every other read, and then it goes on', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, () => problem(429, 'rate_limited', { retry_after: 100 }));
    server.fail(LIST, listOf('p-1'), 99);
    const [paul] = await watched(server);
    expect(paul.getState()).toMatchObject({ error: { code: 'rate_limited' }, retryAt: Date.now() + 100_000 });
    await pass(99);
    expect(server.of(LIST)).toHaveLength(1);
    await expect(paul.get('p-1')).rejects.toMatchObject({ code: 'rate_limited' });
    await pass(2);
    expect(paul.getState()).toMatchObject({ error: null, retryAt: null, sessions: [{ session_id: 'p-1' }] });
  });

  test('a dead network keeps what is known, says so, and the network coming back mends it', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, noNetwork, 99);
    const [paul] = await watched(server);
    await pass(120);
    expect(paul.getState()).toMatchObject({ stale: true, error: { code: 'network' }, sessions: [{ session_id: 'p-1' }] });
    server.mend();
    server.fail(LIST, listOf('p-1'), 99);
    await happens('online');
    expect(paul.getState()).toMatchObject({ stale: false, error: null });
  });

  test('ends with the client', async () => {
    const server = new FakeServer().signedIn();
    let answer = (_: Response): void => {};
    server.fail(LIST, () => new Promise<Response>((resolve) => (answer = resolve)));
    const [paul, client] = await watched(server);
    client.dispose();
    answer(listOf('p-1')());
    await pass(60);
    expect(paul.getState()).toMatchObject({ sessions: null, error: null });
    expect(server.of(LIST)).toHaveLength(1);
  });
});
