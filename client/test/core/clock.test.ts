import { describe, expect, test } from 'vitest';
import { fetchOf } from '../../src/core/index.js';
import { FakeServer } from './support/fake-server.js';
import { dispatchPageEvent, hide, openTab, advance, setUpTabs, setWallClock, show, tab } from './support/tabs.js';

setUpTabs();

describe('the schedule of refreshes', () => {
  test('a refresh is due refreshBefore seconds before the expiry, or a tenth later', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await advance(3299);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    expect(client.getState().token).toMatchObject({ state: 'valid', needsRefresh: false });
    await advance(33);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    await advance(3200);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('only a visible tab refreshes; a hidden one does once it is visible', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await hide();
    await advance(7200);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    expect(client.getState().token).toMatchObject({ state: 'expired', expiresIn: 0, needsRefresh: true });
    await show();
    await advance(1);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
    expect(client.getState().token.state).toBe('valid');
  });

  test('without a listener, getState still reports that the token expired', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    const stop = client.subscribe(() => {});
    await advance(1);
    stop();
    await advance(4000);
    expect(client.getState().token).toMatchObject({ state: 'expired', needsRefresh: true });
  });

  test('a tab opened in the background sends nothing before it becomes visible', async () => {
    const server = new FakeServer().signedIn();
    await hide();
    const client = await openTab(server);
    await advance(60);
    expect(server.requests).toHaveLength(0);
    await show();
    await advance(1);
    expect(client.getState().status).toBe('signed-in');
  });

  test('an expired token is refreshed before a call, which is then sent once', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await hide();
    await advance(4000);
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.requests.slice(-2).map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  test('after the back-forward cache the client asks for its status', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.end('s-1', 'admin');
    await dispatchPageEvent('pageshow', { persisted: false });
    expect(client.getState().status).toBe('signed-in');
    await dispatchPageEvent('pageshow', { persisted: true });
    await advance(1);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'admin' });
  });

  test('the last subscriber to leave stops all timers', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    const stops = [client.subscribe(() => {}), client.subscribe(() => {})];
    await advance(1);
    for (const stop of stops) stop();
    await advance(7200);
    expect(server.requests).toHaveLength(1);
  });

  test('a lifetime shorter than refreshBefore causes no busy loop', async () => {
    const server = new FakeServer().signedIn();
    server.lifetime = server.left = 60;
    await openTab(server);
    await advance(120);
    expect(server.requestsTo('POST /refresh').length).toBeLessThanOrEqual(5);
    server.lifetime = 0;
    const before = server.requestsTo('POST /refresh').length;
    await advance(120);
    expect(server.requestsTo('POST /refresh').length - before).toBeLessThanOrEqual(6);
  });
});

describe('a wrong clock', () => {
  test.each([3600, -3600])('a device clock that is %i s off causes no extra request', async (offset) => {
    setWallClock(offset);
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await advance(3000);
    expect(server.requestsTo('POST /refresh')).toHaveLength(0);
    expect(client.getState().token.state).toBe('valid');
  });

  test.each([3600, -3600, 360000])('a jump of %i s causes at most one', async (jump) => {
    const server = new FakeServer().signedIn();
    await openTab(server);
    await advance(10);
    setWallClock(jump);
    await dispatchPageEvent('focus');
    await advance(3000);
    expect(server.requestsTo('POST /refresh').length).toBe(jump > 0 ? 1 : 0);
    await advance(700);
    expect(server.requestsTo('POST /refresh').length).toBe(jump > 0 ? 2 : 1);
  });

  test('time asleep counts, although the monotonic clock stands still', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    setWallClock(8 * 3600);
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.requestsTo('POST /refresh')).toHaveLength(1);
  });

  test('getState returns the same snapshot until something changes', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const before = client.getState();
    await advance(100);
    expect(client.getState()).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
  });
});
