import { describe, expect, test, vi } from 'vitest';
import { sessionsOf } from '../../src/core/index.js';
import { FakeServer, noAnswer } from './support/fake-server.js';
import { dispatchPageEvent, hide, openTab, advance, setUpTabs, settle, show } from './support/tabs.js';

setUpTabs();

describe('watching', () => {
  test('polls every pollEvery seconds, and gets 304 for an unchanged list', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    const { sessions } = client.getState();
    expect(sessions).toHaveLength(1);
    await advance(30);
    const polls = server.requestsTo('GET /sessions');
    expect(polls).toHaveLength(4);
    expect(polls.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"1"', '"1"', '"1"']);
    expect(client.getState().sessions).toBe(sessions);
    expect(client.getState().confirmedAt).toBeGreaterThan(Date.now() - 2000);
  });

  test('shows within 10 s that another device ended this session, and why', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    server.end('s-1', 'admin');
    await advance(10);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'admin' });
    const before = server.requests.length;
    await advance(60);
    expect(server.requests).toHaveLength(before);
  });

  test('is done by one tab for all, and the others adopt its list', async () => {
    const server = new FakeServer().signedIn();
    const tabs = await Promise.all(Array.from({ length: 5 }, () => openTab(server)));
    for (const each of tabs) sessionsOf(each).watch();
    await advance(1);
    const before = server.requestsTo('GET /sessions').length;
    await advance(60);
    expect(server.requestsTo('GET /sessions').length - before).toBe(6);
    server.live.set('s-2', 0);
    server.etag++;
    await advance(10);
    for (const each of tabs) expect(each.getState().sessions).toHaveLength(2);
    expect(tabs.every((each) => each.getState().analytics?.active_sessions === 2)).toBe(true);
  });

  test('gets a new tab its own list while another tab polls and gets 304', async () => {
    const server = new FakeServer().signedIn();
    const first = await openTab(server);
    sessionsOf(first).watch();
    await advance(1);
    // The other tab polls while the new tab still waits for its status.
    const release = server.holdResponse('GET /refresh');
    const second = await openTab(server);
    sessionsOf(second).watch();
    await sessionsOf(first).list();
    release();
    await advance(5);
    expect(second.getState().sessions).toHaveLength(1);
    const before = server.requestsTo('GET /sessions').length;
    await advance(60);
    expect(server.requestsTo('GET /sessions').length - before).toBe(6);
  });

  test('waits for the tab that polls, however long the response takes', async () => {
    const server = new FakeServer().signedIn();
    const tabs = await Promise.all([openTab(server), openTab(server)]);
    for (const each of tabs) sessionsOf(each).watch();
    await advance(5);
    const before = server.requestsTo('GET /sessions').length;
    const release = server.holdResponse('GET /sessions');
    await advance(14);
    expect(server.requestsTo('GET /sessions').length - before).toBe(1);
    release();
  });

  test('is taken over within seconds when the tab that polls is closed', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    sessionsOf(one).watch();
    await advance(1);
    sessionsOf(two).watch();
    await advance(1);
    one.dispose();
    const before = server.requestsTo('GET /sessions').length;
    await advance(12);
    expect(server.requestsTo('GET /sessions').length - before).toBe(1);
  });

  test('pauses while hidden, and polls at once when visible', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    await hide();
    await advance(120);
    expect(server.requestsTo('GET /sessions')).toHaveLength(1);
    await show();
    await advance(0.5);
    expect(server.requestsTo('GET /sessions')).toHaveLength(2);
  });

  test('polls on focus, at most every 5 s', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    for (let n = 0; n < 10; n++) {
      await dispatchPageEvent('focus');
      await advance(0.25);
    }
    expect(server.requestsTo('GET /sessions')).toHaveLength(1);
    await advance(2.5);
    await dispatchPageEvent('focus');
    await dispatchPageEvent('focus');
    await advance(0.5);
    expect(server.requestsTo('GET /sessions')).toHaveLength(2);
  });

  test('stops with its last watcher, even if one stops twice', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const stops = [sessionsOf(client).watch(), sessionsOf(client).watch()];
    await advance(1);
    stops[0]?.();
    stops[0]?.();
    await advance(10);
    expect(server.requestsTo('GET /sessions')).toHaveLength(2);
    stops[1]?.();
    await advance(60);
    expect(server.requestsTo('GET /sessions')).toHaveLength(2);
  });

  test('sends no ETag of the previous user', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    sessionsOf(client).watch();
    await advance(1);
    await client.signIn('b');
    await advance(1);
    expect(server.requestsTo('GET /sessions').at(-1)?.headers.get('if-none-match')).toBeNull();
  });
});

describe('the sessions', () => {
  test('one that was ended leaves the list at once', async () => {
    const server = new FakeServer().signedIn();
    server.live.set('s-2', 0);
    const client = await openTab(server);
    await sessionsOf(client).list();
    server.holdResponse('GET /sessions');
    expect(await sessionsOf(client).revoke('s-2')).toMatchObject({ ended: 1, session_ids: ['s-2'] });
    expect(client.getState().sessions?.map(({ session_id }) => session_id)).toEqual(['s-1']);
  });

  test('one that was ended is not restored by a list under way', async () => {
    const server = new FakeServer().signedIn();
    server.live.set('s-2', 0);
    const client = await openTab(server);
    await sessionsOf(client).list();
    const seen: number[] = [];
    server.etag++;
    const release = server.holdResponse('GET /sessions');
    sessionsOf(client).watch();
    await dispatchPageEvent('focus');
    await advance(10);
    await sessionsOf(client).revoke('s-2');
    client.subscribe(() => seen.push(client.getState().sessions?.length ?? 0));
    release();
    await advance(1);
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(server.requestsTo('GET /sessions')).toHaveLength(3);
  });

  test('all others can be ended, and this one goes on', async () => {
    const server = new FakeServer().signedIn();
    server.live.set('s-2', 0).set('s-3', 0);
    const client = await openTab(server);
    expect((await sessionsOf(client).revokeOthers()).ended).toBe(2);
    expect(server.requestsTo('DELETE /sessions')[0]?.path).toBe('/sessions?scope=others');
    expect(client.getState().status).toBe('signed-in');
  });

  test('ending this one, or all, signs out', async () => {
    for (const all of [false, true]) {
      const client = await openTab(new FakeServer().signedIn());
      await (all ? sessionsOf(client).revokeAll() : sessionsOf(client).revoke('s-1'));
      expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
      await settle();
    }
  });

  test('one that does not exist is 404 and changes nothing', async () => {
    const client = await openTab(new FakeServer().signedIn());
    await expect(sessionsOf(client).get('s-9')).rejects.toMatchObject({ name: 'LatchkeyError', code: 'not_found', status: 404 });
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null });
  });

  test('an id cannot reach another endpoint', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await sessionsOf(client).revoke('../revoke?x=').catch(() => {});
    expect(server.requests.at(-1)?.path).toBe('/sessions/..%2Frevoke%3Fx%3D');
  });

  test('the audit trail is read page by page', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    expect(await sessionsOf(client).events({ limit: 20, severity: 'medium', cursor: 'a b' })).toMatchObject({ next: 'more' });
    expect(server.requests.at(-1)?.path).toBe('/sessions/events?limit=20&severity=medium&cursor=a%20b');
  });
});

describe('a disposed client', () => {
  test('does nothing and reads no message, and may be disposed again', async () => {
    const server = new FakeServer().signedIn();
    const [one, two] = [await openTab(server), await openTab(server)];
    sessionsOf(one).watch();
    await advance(1);
    const state = one.getState();
    const before = server.requests.length;
    one.dispose();
    one.dispose();
    await dispatchPageEvent('focus');
    await dispatchPageEvent('online');
    await two.refresh();
    await advance(60);
    expect(one.getState()).toBe(state);
    expect(server.requests.slice(before).every(({ path }) => path === '/refresh')).toBe(true);
    await expect(sessionsOf(one).list()).rejects.toMatchObject({ code: 'network' });
  });

  test('does not poll', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    client.dispose();
    const stop = sessionsOf(client).watch();
    await dispatchPageEvent('focus');
    await advance(60);
    expect(server.requestsTo('GET /sessions')).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
    stop();
  });

  test('aborts its requests, and leaves no timer and no unhandled error', async () => {
    const onError = vi.fn();
    const server = new FakeServer().signedIn();
    const client = await openTab(server, { onError });
    sessionsOf(client).watch();
    await advance(1);
    for (const key of ['GET /sessions', 'POST /refresh']) server.fail(key, noAnswer);
    const outcomes = [sessionsOf(client).list(), client.refresh()].map((each) => each.catch((error: unknown) => error));
    await settle();
    client.dispose();
    expect(await Promise.all(outcomes)).toMatchObject([{ code: 'network' }, { code: 'network' }]);
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    expect(onError).not.toHaveBeenCalled();
    expect(client.getState()).toMatchObject({ error: null, stale: false });
  });
});
