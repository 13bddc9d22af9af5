import { describe, expect, test, vi } from 'vitest';
import { headerMode, sessionsOf, userSessionsOf } from '../../src/core/index.js';
import { FakeServer, problem } from './support/fake-server.js';
import { channelName, dispatchPageEvent, openTab, advance, setUpTabs, settle, tab } from './support/tabs.js';

setUpTabs();

const limited = (seconds: number) => () => problem(429, 'rate_limited', { retry_after: seconds });
const down = (seconds: number) => () => problem(503, 'store_unavailable', { retry_after: seconds });

describe('while a Retry-After of another tab lasts, a new tab', () => {
  test('reads nothing, shows why, and then continues by itself', async () => {
    const server = new FakeServer().signedIn();
    const first = await openTab(server);
    server.fail('GET /sessions', limited(90));
    await sessionsOf(first).list().catch(() => {});
    await advance(60);
    const second = await openTab(server);
    sessionsOf(second).watch();
    await settle();
    expect(second.getState()).toMatchObject({ status: 'signed-in', sessions: null, error: { code: 'rate_limited', status: 429 } });
    expect((second.getState().retryAt ?? 0) - Date.now()).toBeLessThanOrEqual(30_000);
    await expect(sessionsOf(second).list()).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 30 });
    await expect(sessionsOf(second).events()).rejects.toMatchObject({ code: 'rate_limited' });
    await advance(29.5);
    expect(server.requestsTo('GET /sessions')).toHaveLength(1);
    await advance(0.5);
    expect(second.getState()).toMatchObject({ error: null, retryAt: null, sessions: [{ session_id: 's-1' }] });
  });

  test('reads nothing, even if it reads before its first subscriber', async () => {
    const server = new FakeServer().signedIn();
    const first = await openTab(server);
    server.fail('GET /sessions', limited(90));
    await sessionsOf(first).list().catch(() => {});
    const listed = sessionsOf(tab(server)).list().catch((error: unknown) => error);
    await advance(0.25);
    expect(await listed).toMatchObject({ code: 'rate_limited' });
    expect(server.requestsTo('GET /sessions')).toHaveLength(1);
  });

  test('shows an administrator why the list of a user is empty', async () => {
    const server = new FakeServer().signedIn();
    const first = await openTab(server);
    server.fail('GET /sessions', limited(90));
    await sessionsOf(first).list().catch(() => {});
    const paul = userSessionsOf(await openTab(server), 'paul');
    paul.watch();
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'rate_limited' } });
    await advance(89);
    expect(server.requestsTo('GET /sessions')).toHaveLength(1);
  });

  test('does not refresh, but asks for its status', async () => {
    const server = new FakeServer().signedIn();
    const first = await openTab(server);
    server.fail('POST /refresh', limited(90));
    await first.refresh().catch(() => {});
    server.left = 200;
    const second = await openTab(server);
    expect(second.getState()).toMatchObject({ status: 'signed-in', token: { state: 'expiring' }, error: null });
    await expect(second.refresh()).rejects.toMatchObject({ code: 'rate_limited', status: 429 });
    await advance(89);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await advance(1.5);
    expect(second.getState().token.state).toBe('valid');
  });

  test.each(['POST /refresh', 'GET /refresh'])('does not ask for its status, after an outage at %s', async (key) => {
    const server = new FakeServer().signedIn();
    if (key === 'GET /refresh') server.fail(key, down(20));
    const first = await openTab(server);
    if (key === 'POST /refresh') server.fail(key, down(20));
    if (key === 'POST /refresh') await first.refresh().catch(() => {});
    const asked = server.requestsTo('GET /refresh').length;
    const second = await openTab(server);
    expect(second.getState()).toMatchObject({ status: 'unknown', error: { code: 'store_unavailable', status: 503 } });
    await advance(19.5);
    expect(server.requestsTo('GET /refresh')).toHaveLength(asked);
    await advance(1);
    expect(second.getState()).toMatchObject({ status: 'signed-in', error: null, retryAt: null });
  });

  test('reads the list at once if the time is over', async () => {
    const server = new FakeServer().signedIn();
    const first = await openTab(server);
    server.fail('GET /sessions', limited(20));
    await sessionsOf(first).list().catch(() => {});
    await advance(21);
    const second = await openTab(server);
    expect(await sessionsOf(second).list()).toHaveLength(1);
  });
});

describe('the question to the other tabs', () => {
  test('is repeated after the back-forward cache, where no message arrives', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const asked = server.requests.length;
    // Another tab answers the question.
    const other = new BroadcastChannel(channelName());
    other.onmessage = ({ data }) => {
      if (data.type === 'tab-opened') other.postMessage({ api: data.api, type: 'wait', kind: 'status', seconds: 20, code: 'store_unavailable', message: '', status: 503 });
    };
    await dispatchPageEvent('pageshow', { persisted: true });
    await advance(10);
    expect(server.requests).toHaveLength(asked);
    expect(client.getState().status).toBe('signed-in');
    other.close();
  });

  test('delays a tab that is alone by 50 ms', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    client.subscribe(() => {});
    await advance(0.04);
    expect(server.requests).toHaveLength(0);
    await advance(0.01);
    expect(client.getState().status).toBe('signed-in');
  });

  test('delays no tab without a BroadcastChannel', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const client = tab(new FakeServer().signedIn());
    client.subscribe(() => {});
    await advance(0);
    expect(client.getState().status).toBe('signed-in');
  });

  test('brings no token in cookie mode, so the tab asks for its status', async () => {
    const server = new FakeServer().signedIn();
    await openTab(server);
    await openTab(server);
    expect(server.requestsTo('GET /refresh')).toHaveLength(2);
  });

  test('brings the tokens in header mode before the tab counts as signed out', async () => {
    const server = new FakeServer();
    const first = await openTab(server, { mode: headerMode() });
    await first.signIn('b');
    const second = tab(server, { mode: headerMode() });
    const states = new Set<string>();
    second.subscribe(() => states.add(second.getState().status));
    await advance(1);
    expect([...states]).toEqual(['signed-in']);
    const alone = await openTab(server, { mode: headerMode(), channel: 'another browser' });
    expect(alone.getState()).toMatchObject({ status: 'signed-out', endedReason: null });
  });

  test('ends when the client is disposed', async () => {
    const client = tab(new FakeServer().signedIn(), { mode: headerMode() });
    client.subscribe(() => {});
    const refreshed = client.refresh().catch((error: unknown) => error);
    client.dispose();
    await settle();
    expect(await refreshed).toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});
