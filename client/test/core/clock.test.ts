import { describe, expect, test } from 'vitest';
import { fetchOf } from '../../src/core/index.js';
import { FakeServer } from './support/fake-server.js';
import { happens, hide, openTab, pass, setUpTabs, setWallClock, show, tab } from './support/tabs.js';

setUpTabs();

describe('when a token is refreshed', () => {
  test('at refreshBefore before its end, with a tenth of jitter, and not a second earlier', async () => {
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

  test('only in a visible tab: a hidden one does nothing, and catches up when it is looked at', async () => {
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

  test('without any listener, the state still says that the token grew old', async () => {
    const server = new FakeServer().signedIn();
    const client = tab(server);
    const stop = client.subscribe(() => {});
    await pass(1);
    stop();
    await pass(4000);
    expect(client.getState().token).toMatchObject({ state: 'expired', needsRefresh: true });
  });

  test('a tab that was opened in the background asks nothing before it is looked at', async () => {
    const server = new FakeServer().signedIn();
    await hide();
    const client = await openTab(server);
    await pass(60);
    expect(server.requests).toHaveLength(0);
    await show();
    await pass(1);
    expect(client.getState().status).toBe('signed-in');
  });

  test('before a call whose token is over, so that the call is sent once', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await hide();
    await pass(4000);
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.requests.slice(-2).map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  test('coming out of the back-forward cache, the client asks where it stands', async () => {
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

  test('a token shorter than refreshBefore is no loop', async () => {
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

describe("nobody's clock", () => {
  test.each([3600, -3600])('a device that is %i s off makes no extra request', async (offset) => {
    setWallClock(offset);
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    await pass(3000);
    expect(server.of('POST /refresh')).toHaveLength(0);
    expect(client.getState().token.state).toBe('valid');
  });

  test.each([3600, -3600, 360000])('a jump of %i s makes at most one', async (jump) => {
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

  test('sleep, in which the monotonic clock stands still, counts', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    setWallClock(8 * 3600);
    expect((await fetchOf(client)('/api/orders')).status).toBe(200);
    expect(server.of('POST /refresh')).toHaveLength(1);
  });

  test('the same snapshot is given until something changed', async () => {
    const server = new FakeServer().signedIn();
    const client = await openTab(server);
    const before = client.getState();
    await pass(100);
    expect(client.getState()).toBe(before);
    expect(Object.isFrozen(before)).toBe(true);
  });
});
