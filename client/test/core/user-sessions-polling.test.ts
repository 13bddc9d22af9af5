import { describe, expect, test } from 'vitest';
import { userSessionsOf, type Latchkey, type UserSessions } from '../../src/core/index.js';
import { FakeServer, json, noNetwork, problem, sessionOf } from './support/fake-server.js';
import { dispatchPageEvent, hide, openTab, advance, setUpTabs, settle, show } from './support/tabs.js';

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

describe("watching another user's sessions", () => {
  test('polls every 10 s while visible, and at once when visible again', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'), 99);
    const [paul] = await watched(server);
    expect(server.requestsTo(LIST)[0]?.path).toBe('/sessions?include=analytics&user_id=paul');
    expect(paul.getState()).toMatchObject({ userId: 'paul', sessions: [{ session_id: 'p-1' }] });
    await advance(30);
    expect(server.requestsTo(LIST)).toHaveLength(4);
    await hide();
    await advance(60);
    expect(server.requestsTo(LIST)).toHaveLength(4);
    await show();
    expect(server.requestsTo(LIST)).toHaveLength(5);
  });

  test("changes neither the client's own list nor other tabs", async () => {
    const server = new FakeServer().signedIn();
    const other = await openTab(server);
    server.fail(LIST, listOf('p-1'), 99);
    const [, client] = await watched(server);
    for (const each of [client, other]) expect(each.getState()).toMatchObject({ sessions: null, userId: null });
  });

  test('removes the list on forbidden, and polls no further', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, () => problem(403, 'forbidden'), 99);
    const [paul] = await watched(server);
    await advance(60);
    await dispatchPageEvent('focus');
    expect(paul.getState()).toMatchObject({ sessions: null, retryAt: null, error: { code: 'forbidden' } });
    expect(server.requestsTo(LIST)).toHaveLength(2);
    await expect(paul.list()).rejects.toMatchObject({ code: 'forbidden' });
    expect(server.requestsTo(LIST)).toHaveLength(3);
  });

  test('asks anew for the next administrator, who sees no earlier data', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, () => problem(403, 'forbidden'), 99);
    const [paul, client] = await watched(server);
    await client.signIn('b');
    await advance(1);
    expect(server.requestsTo(LIST)).toHaveLength(2);
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'forbidden' } });
    await client.signIn('c');
    await advance(1);
    expect(server.requestsTo(LIST)).toHaveLength(3);
  });

  test('removes the list on sign-out', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'), 99);
    const [paul, client] = await watched(server);
    expect(paul.getState().sessions).toHaveLength(1);
    void client.signOut();
    expect(paul.getState()).toMatchObject({ userId: null, sessions: null });
    await settle();
  });

  test('removes the list on sign-in, even if the next request gets no response', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, noNetwork, 99);
    const [paul, client] = await watched(server);
    await client.signIn('b');
    await advance(1);
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'network' } });
    expect(server.requestsTo(LIST)[1]?.headers.get('if-none-match')).toBeNull();
  });

  test('drops a response to the previous administrator', async () => {
    const server = new FakeServer().signedIn();
    let answer = (_: Response): void => {};
    server.fail(LIST, () => new Promise<Response>((resolve) => (answer = resolve)));
    server.fail(LIST, () => problem(403, 'forbidden'), 99);
    const [paul, client] = await watched(server);
    const seen: unknown[] = [];
    paul.subscribe(() => seen.push(paul.getState().sessions));
    await client.signIn('b');
    answer(listOf('p-1')());
    await advance(1);
    expect(new Set(seen)).toEqual(new Set([null]));
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'forbidden' } });
  });

  test('waits for a Retry-After of any read, and then continues', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, () => problem(429, 'rate_limited', { retry_after: 100 }));
    server.fail(LIST, listOf('p-1'), 99);
    const [paul] = await watched(server);
    expect(paul.getState()).toMatchObject({ error: { code: 'rate_limited' }, retryAt: Date.now() + 100_000 });
    await advance(99);
    expect(server.requestsTo(LIST)).toHaveLength(1);
    await expect(paul.get('p-1')).rejects.toMatchObject({ code: 'rate_limited' });
    await advance(2);
    expect(paul.getState()).toMatchObject({ error: null, retryAt: null, sessions: [{ session_id: 'p-1' }] });
  });

  test('keeps the list without a network, and updates it with one', async () => {
    const server = new FakeServer().signedIn();
    server.fail(LIST, listOf('p-1'));
    server.fail(LIST, noNetwork, 99);
    const [paul] = await watched(server);
    await advance(120);
    expect(paul.getState()).toMatchObject({ stale: true, error: { code: 'network' }, sessions: [{ session_id: 'p-1' }] });
    server.clearFaults();
    server.fail(LIST, listOf('p-1'), 99);
    await dispatchPageEvent('online');
    expect(paul.getState()).toMatchObject({ stale: false, error: null });
  });

  test('ends when the client is disposed', async () => {
    const server = new FakeServer().signedIn();
    let answer = (_: Response): void => {};
    server.fail(LIST, () => new Promise<Response>((resolve) => (answer = resolve)));
    const [paul, client] = await watched(server);
    client.dispose();
    answer(listOf('p-1')());
    await advance(60);
    expect(paul.getState()).toMatchObject({ sessions: null, error: null });
    expect(server.requestsTo(LIST)).toHaveLength(1);
  });
});
