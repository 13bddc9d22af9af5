import { describe, expect, test } from 'vitest';
import { fetchOf, sessionsOf } from '../../src/core/index.js';
import { FakeServer, noAnswer, problem } from './support/fake-server.js';
import { openTab, receive, advance, setUpTabs, settle } from './support/tabs.js';

setUpTabs();

describe('a response of an older epoch is dropped', () => {
  test('a sign-out during a refresh stays a sign-out', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const release = server.holdResponse('POST /refresh');
    const refreshed = client.refresh();
    await settle();
    const out = client.signOut();
    expect(client.getState().status).toBe('signed-out');
    release();
    await advance(3);
    await out;
    expect(await refreshed).toMatchObject({ state: 'ended', sessionId: null });
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
    expect(server.live.size).toBe(0);
  });

  test('a refresh that outlasts the wait of a sign-out changes nothing', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const release = server.holdResponse('POST /refresh');
    void client.refresh();
    await settle();
    const out = client.signOut();
    await advance(1.5);
    expect(server.requestsTo('POST /revoke')).toHaveLength(0);
    await advance(1);
    expect(server.requestsTo('POST /revoke')).toHaveLength(1);
    await out;
    release();
    await advance(1);
    expect(client.getState().status).toBe('signed-out');
  });

  test('the list of the previous user does not reach the next user', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const release = server.holdResponse('GET /sessions');
    const old = sessionsOf(client).list();
    await settle();
    await client.signOut();
    release();
    await old;
    expect(client.getState()).toMatchObject({ status: 'signed-out', sessions: null });
  });

  test('session_ended of the previous session does not end the next session', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    let answer = (_: Response): void => {};
    server.fail('GET https://app.example.com/api/orders', () => new Promise<Response>((resolve) => (answer = resolve)));
    const old = fetchOf(client)('/api/orders');
    await settle();
    await client.signIn('b');
    answer(problem(401, 'session_ended', { reason: 'signed_out' }));
    await old;
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-b' } });
  });

  test("another tab's late refresh does not restore a session that ended", async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await client.signOut();
    await receive({ type: 'token', sessionId: 's-1', secondsLeft: 3600, expiresAt: null, signIn: false, tokens: null });
    expect(client.getState().status).toBe('signed-out');
    await receive({ type: 'token', sessionId: 's-2', secondsLeft: 3600, expiresAt: null, signIn: true, tokens: null });
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-2' } });
  });
});

describe('because no epoch can undo a late Set-Cookie', () => {
  test('a sign-in waits for a refresh under way, two seconds at most', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.holdResponse('POST /refresh');
    void client.refresh().catch(() => {});
    await settle();
    const signIn = client.signIn('b');
    await advance(1.5);
    expect(server.requestsTo('POST /login')).toHaveLength(0);
    await advance(1);
    expect(server.requestsTo('POST /login')).toHaveLength(1);
    await signIn;
  });

  test('a sign-in waits for a refresh of another tab', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    const release = server.holdResponse('POST /refresh');
    void two.refresh();
    await settle();
    const signIn = one.signIn('b');
    await advance(1);
    expect(server.requestsTo('POST /login')).toHaveLength(0);
    release();
    await settle();
    expect(server.requestsTo('POST /login')).toHaveLength(1);
    await signIn;
    await settle();
    expect(two.getState().token.sessionId).toBe('s-b');
  });

  test('a sign-in waits only once for a tab that was closed', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await receive({ type: 'refreshing', tab: 'dead', active: true });
    const signIn = client.signIn('b');
    await advance(2);
    await signIn;
    await client.signIn('c');
    expect(client.getState().token.sessionId).toBe('s-c');
  });

  test('a sign-in is repeated if a refresh overwrote the new cookies', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    // The response to a refresh of the old session reaches the cookie jar last.
    const stop = client.subscribe(() => {
      if (client.getState().token.sessionId !== 's-b') return;
      server.cookie = { id: 's-1', generation: 1 };
      stop();
    });
    await client.signIn('b');
    expect(server.requestsTo('POST /login')).toHaveLength(2);
    expect(server.cookie).toMatchObject({ id: 's-b' });
    expect(client.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-b' } });
  });

  test('a sign-out is repeated if the cookies still name the session', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.fail('POST /revoke', () => new Response('{"ended":1,"session_ids":[],"access_tokens_expire_by":""}', { headers: { 'content-type': 'application/json' } }));
    await client.signOut();
    expect(server.requestsTo('POST /revoke')).toHaveLength(2);
    expect(server.live.size).toBe(0);
  });

  test('other tabs pause refreshes meanwhile, five seconds at most', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    server.fail('POST /login', noAnswer);
    void one.signIn('b').catch(() => {});
    await settle();
    const refreshed = two.refresh();
    await advance(4.5);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    await advance(1);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await refreshed;
  });

  test('blocked cookies make the sign-in fail with cookies_blocked', async () => {
    const server = new FakeServer();
    server.keepsCookies = false;
    const client = await openTab(server);
    await expect(client.signIn('b')).rejects.toMatchObject({ code: 'cookies_blocked' });
    expect(client.getState()).toMatchObject({ status: 'signed-out', token: { state: 'none' } });
  });

  test('a suspension makes the sign-in fail with account_suspended', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    server.fail('POST /login', () => problem(403, 'account_suspended'));
    await expect(client.signIn('b')).rejects.toMatchObject({ code: 'account_suspended', status: 403 });
    await settle();
    expect(client.getState()).toMatchObject({ status: 'signed-out', token: { state: 'none' } });
    // No second attempt, because only an administrator can change the response.
    expect(server.requestsTo('POST /login')).toHaveLength(1);
  });
});
