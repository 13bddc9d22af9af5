import { describe, expect, test } from 'vitest';
import { fetchOf } from '../../src/core/index.js';
import { FakeServer } from './support/fake-server.js';
import { happens, hide, openTab, pass, setUpTabs, setWallClock, show, tab } from './support/tabs.js';

setUpTabs();

describe('a token is refreshed', () => {
  test('refreshBefore seconds before its expiry, or up to a tenth later', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await pass(3299);
    expect(server.of('POST /refresh')).toHaveLength(0);
    expect(client.getState().token).toMatchObject({ state: 'valid', needsRefresh: false });
    await pass(33);
    expect(server.of('POST /refresh')).toHaveLength(1);
    await pass(3200);
    expect(server.of('POST /refresh')).toHaveLength(1);
  });

  test('only in a visible tab; a hidden tab refreshes once it becomes visible', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await hide();
    await pass(7200);
    expect(server.of('POST /refresh')).toHaveLength(0);
    expect(client.getState().token).toMatchObject({ state: 'expired', expiresIn: 0, needsRefresh: true });
    await show();
    await pass(1);
    expect(server.of('POST /refresh')).toHaveLength(1);
    expect(client.getState().token.state).toBe('valid');
  });

  test('without a listener, getState still reports that the token expired', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    const stop = client.subscribe(() => {});
    await pass(1);
    stop();
    await pass(4000);
    expect(client.getState().token).toMatchObject({ state: 'expired', needsRefresh: true });
  });

  test('a tab opened in the background sends nothing before it becomes visible', async () => {
    const server = new FakeServer().signedIn();
    await hide();
    const client = await openTab(server);
    await pass(60);
    expect(server.requests).toHaveLength(0);
    await show();
    await pass(1);
    expect(client.getState().status).toBe('signed-in');
  });

  test('before a call if it has expired, so that the call is sent once', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await hide();
    await pass(4000);
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.requests.slice(-2).map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  test('after the back-forward cache the client asks for its status', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    server.end('s-1', 'admin');
    await happens('pageshow', { persisted: false });
    expect(client.getState().status).toBe('signed-in');
    await happens('pageshow', { persisted: true });
    await pass(1);
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'admin' });
  });

  test('the last subscriber to leave stops all timers', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    const stops = [client.subscribe(() => {}), client.subscribe(() => {})];
    await pass(1);
    for (const stop of stops) stop();
    await pass(7200);
    expect(server.requests).toHaveLength(1);
  });

  test('a lifetime shorter than refreshBefore causes no busy loop', async () => {
    const server = new FakeServer().signedIn();
    server.lifetime = server.left = 60;
    await openTab(server);
    await pass(120);
    expect(server.of('POST /refresh').length).toBeLessThanOrEqual(5);
    server.lifetime = 0;
    const before = server.of('POST /refresh').length;
    await pass(120);
    expect(server.of('POST /refresh').length - before).toBeLessThanOrEqual(6);
  });
});

describe('a wrong clock', () => {
  test.each([3600, -3600])('a device clock that is %i s off causes no extra request', async (offset) => {
    setWallClock(offset);
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await pass(3000);
    expect(server.of('POST /refresh')).toHaveLength(0);
    expect(client.getState().token.state).toBe('valid');
  });

  test.each([3600, -3600, 360000])('a jump of %i s causes at most one', async (jump) => {
    const server = new FakeServer().signedIn();
    await openTab(server);
    await pass(10);
    setWallClock(jump);
    await happens('focus');
    await pass(3000);
    expect(server.of('POST /refresh').length).toBe(jump > 0 ? 1 : 0);
    await pass(700);
    expect(server.of('POST /refresh').length).toBe(jump > 0 ? 2 : 1);
  });

  test('time asleep counts, although the monotonic clock stands still', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    setWallClock(8 * 3600);
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.of('POST /refresh')).toHaveLength(1);
  });

  test('getState returns the same snapshot until something changes', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const before = client.getState();
    await pass(100);
    expect(client.getState()).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
  });
});
