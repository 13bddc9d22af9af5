import { describe, expect, test, vi } from 'vitest';
import { fetchOf, sessionsOf } from '../../src/core/index.js';
import { FakeServer, noNetwork, problem } from './support/fake-server.js';
import { dispatchPageEvent, openTab, advance, setUpTabs, settle, tab } from './support/tabs.js';

setUpTabs();

describe('signing in', () => {
  test('returns the session and signs all tabs in', async () => {
    const server = new FakeServer();
    const [one, two] = [await openTab(server), await openTab(server)];
    expect(await one.signIn('b')).toMatchObject({ session_id: 's-b', is_current: true });
    await settle();
    for (const each of [one, two]) expect(each.getState()).toMatchObject({ status: 'signed-in', endedReason: null, token: { state: 'valid', sessionId: 's-b' } });
    expect(server.requestsTo('POST /login')[0]?.body).toEqual({ assertion: 'b', delivery: 'cookie' });
  });

  test('as another user removes all data of the previous user', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    await sessionsOf(two).list();
    expect(two.getState().sessions).toHaveLength(1);
    await one.signIn('b');
    await settle();
    expect(two.getState().sessions).toBeNull();
    expect((await sessionsOf(two).list()).map(({ session_id }) => session_id)).toEqual(['s-b']);
  });

  test('that fails leaves the previous session as it was', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /login', () => problem(401, 'invalid_assertion'));
    await expect(client.signIn('b')).rejects.toMatchObject({ code: 'invalid_assertion' });
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-1' } });
    await expect(client.refresh()).resolves.toMatchObject({ state: 'valid' });
  });
});

describe('signing out', () => {
  test('is not undone by the cookies while it is still to be sent', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /revoke', noNetwork, 99);
    await client.signOut();
    await dispatchPageEvent('pageshow', { persisted: true });
    await advance(1);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
  });

  test('takes effect here and in all tabs first, then is sent with keepalive', async () => {
    const server = new FakeServer().signedIn();
    const [onSignedOut, heard] = [vi.fn(), vi.fn()];
    const [one, two] = [await openTab(server, { onSignedOut }), await openTab(server, { onSignedOut: heard })];
    await sessionsOf(two).list();
    const before = server.requests.length;
    server.holdResponse('POST /revoke');
    void one.signOut();
    expect(one.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out', sessions: null, analytics: null });
    await settle();
    expect(two.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out', sessions: null });
    expect(server.requests.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /revoke']);
    expect(server.requestsTo('POST /revoke')[0]?.init.keepalive).toBe(true);
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith('signed_out');
    expect(heard).toHaveBeenCalledExactlyOnceWith('signed_out');
  });

  test('without a network is sent when the network is back', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /revoke', noNetwork, 99);
    await dispatchPageEvent('offline');
    await client.signOut();
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out', error: { code: 'network' } });
    expect(server.live.size).toBe(1);
    server.clearFaults();
    await dispatchPageEvent('online');
    await settle();
    expect(server.live.size).toBe(0);
    expect(client.getState()).toMatchObject({ status: 'signed-out', error: null });
  });

  test('during an outage is repeated until the server has done it', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /revoke', () => problem(503, 'store_unavailable', { retry_after: 2 }), 3);
    await client.signOut();
    await advance(8);
    expect(server.requestsTo('POST /revoke')).toHaveLength(4);
    expect(server.live.size).toBe(0);
  });

  test('that is still to be sent does not end a later sign-in', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /revoke', noNetwork, 1);
    await client.signOut();
    await client.signIn('b');
    await dispatchPageEvent('online');
    await advance(60);
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-b' } });
    expect([...server.live.keys()]).toEqual(['s-b']);
  });

  test('that is still to be sent does not end a sign-in of another tab', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    server.fail('POST /revoke', noNetwork, 1);
    await one.signOut();
    await two.signIn('b');
    await dispatchPageEvent('online');
    await advance(60);
    expect([...server.live.keys()]).toEqual(['s-b']);
  });

  test('of a tab that did not know its session does not end a later one', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [tab(server), await openTab(server)];
    server.fail('POST /revoke', noNetwork, 1);
    await one.signOut();
    await settle();
    expect(two.getState().status).toBe('signed-out');
    await two.signIn('b');
    await settle();
    await dispatchPageEvent('online');
    await advance(60);
    expect([...server.live.keys()]).toEqual(['s-b']);
  });

  test('during a sign-in takes precedence', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    const release = server.holdResponse('POST /login');
    const signIn = client.signIn('b').catch(() => null);
    await settle();
    const out = client.signOut();
    release();
    await advance(3);
    await Promise.all([signIn, out]);
    expect(client.getState().status).toBe('signed-out');
    expect(server.live.size).toBe(0);
  });

  test('stops refreshes, and sends calls unchanged', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await client.signOut();
    server.fail('GET https://app.example.com/api/orders', () => problem(401, 'token_missing'));
    expect((await fetchOf(client)('/api/orders')).status).toBe(401);
    expect(await client.refresh()).toMatchObject({ state: 'ended' });
    await dispatchPageEvent('focus');
    await advance(4000);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
  });
});
