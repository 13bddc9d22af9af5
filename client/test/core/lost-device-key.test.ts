/** A device-bound session whose browser seems to have lost its key: only a loss that lasts signs the user out, and only of that session. */

import { describe, expect, test } from 'vitest';
import { FakeServer } from './support/fake-server.js';
import { advance, dispatchPageEvent, openTab, receive, setUpTabs, settle } from './support/tabs.js';

setUpTabs();

interface DeviceBound {
  readonly server: FakeServer;
  /** From now on the browser asks for the status without the access cookie and without a note that it has the key. */
  loseKey(): void;
  /** The browser renews the access cookie again. */
  findKey(): void;
}

function deviceBound(): DeviceBound {
  const server = new FakeServer().signedIn();
  server.deviceBound.add('s-1');
  return {
    server,
    loseKey: () => void Object.assign(server, { left: 0, withoutDeviceKey: Infinity }),
    findKey: () => void Object.assign(server, { left: 600, withoutDeviceKey: 0 }),
  };
}

/** The result of a call, once its requests have been answered. */
async function settled<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined);
  await advance(4);
  return call;
}

describe('a device-bound session', () => {
  test('asks for a sign-in once the browser has lost its key', async () => {
    for (const wasOpen of [true, false]) {
      const { server, loseKey } = deviceBound();
      if (!wasOpen) loseKey();
      const client = await openTab(server);
      loseKey();
      if (wasOpen) await settled(client.refresh());
      if (wasOpen) await advance(60);
      expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'key_lost' });
      expect([server.live.has('s-1'), server.requestsTo('POST /revoke').length]).toEqual([true, 0]);
    }
  });

  test('of an open tab stays for 20 seconds: a header may be missing once', async () => {
    const { server, loseKey, findKey } = deviceBound();
    const client = await openTab(server);
    loseKey();
    const states: string[] = [];
    for (const pause of [5, 2, 0]) {
      await settled(client.refresh());
      states.push(client.getState().status);
      await advance(pause);
    }
    expect(states).toEqual(['signed-in', 'signed-in', 'signed-in']);
    findKey();
    await settled(client.refresh());
    loseKey();
    await settled(client.refresh());
    expect(client.getState().status).toBe('signed-in');
    await advance(20);
    await settled(client.refresh());
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'key_lost' });
  });

  test('comes back in a tab that had given it up, once its token is there', async () => {
    const { server, loseKey, findKey } = deviceBound();
    const client = await openTab(server);
    loseKey();
    await settled(client.refresh());
    await advance(60);
    expect(client.getState().endedReason).toBe('key_lost');
    await dispatchPageEvent('pageshow', { persisted: true });
    await advance(1);
    expect(client.getState().endedReason).toBe('key_lost');
    findKey();
    await dispatchPageEvent('pageshow', { persisted: true });
    await advance(1);
    expect(client.getState()).toMatchObject({ status: 'signed-in', endedReason: null, token: { state: 'valid', sessionId: 's-1' } });
  });

  test('ignores its late status after a sign-in in another tab', async () => {
    for (const fault of ['key lost', 'ended', 'no cookies', 'no network'] as const) {
      const { server, loseKey } = deviceBound();
      const client = await openTab(server);
      if (fault === 'key lost') loseKey();
      if (fault === 'ended') server.end('s-1');
      if (fault === 'no cookies') server.cookie = null;
      let fail = (): void => {};
      if (fault === 'no network') server.fail('GET /refresh', () => new Promise((_, reject) => (fail = () => reject(new TypeError('fetch failed')))));
      const release = fault === 'no network' ? () => fail() : server.holdResponse('GET /refresh');
      const refreshed = client.refresh();
      await settle();
      await receive({ type: 'token', sessionId: 's-2', secondsLeft: 3600, newFor: 60, signIn: true, binding: 'dbsc', tokens: null });
      release();
      expect(await settled(refreshed), fault).toMatchObject({ state: 'valid', sessionId: 's-2' });
      expect(client.getState(), fault).toMatchObject({ status: 'signed-in', error: null, token: { sessionId: 's-2' } });
      client.dispose();
    }
  });

  test('with a lost key, that the cookies still name, is no success of a sign-in', async () => {
    const { server, loseKey } = deviceBound();
    const client = await openTab(server);
    loseKey();
    server.keepsCookies = false;
    // As if the sign-in had come without the cookies of the session before.
    server.end = () => undefined;
    await expect(settled(client.signIn('b'))).rejects.toMatchObject({ code: 'cookies_blocked' });
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: null });
  });

  test('survives one question that the browser asks without its key', async () => {
    const { server } = deviceBound();
    Object.assign(server, { left: 0, withoutDeviceKey: 1 });
    const client = await openTab(server);
    expect(client.getState().status).toBe('signed-in');
    server.withoutDeviceKey = 1;
    await settled(client.refresh());
    expect(client.getState().status).toBe('signed-in');
  });
});
