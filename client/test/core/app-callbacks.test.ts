import { describe, expect, test, vi } from 'vitest';
import { headerMode, sessionsOf } from '../../src/core/index.js';
import { FakeServer, noNetwork } from './support/fake-server.js';
import { advance, openTab, setUpTabs, settle } from './support/tabs.js';

setUpTabs();

const fail = (): never => {
  throw new Error("the app's own");
};
const failLater = (): Promise<never> => Promise.reject(new Error("the app's own"));

describe.each([fail, failLater])('a callback of the app that fails', (callback) => {
  test('as a subscriber rejects no call, and the other subscribers and tabs get the news', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const server = new FakeServer();
    const client = await openTab(server);
    const other = await openTab(server);
    client.subscribe(callback);
    const subscriber = vi.fn();
    client.subscribe(subscriber);
    expect(await client.signIn('a')).toMatchObject({ session_id: 's-a' });
    expect(await client.refresh()).toMatchObject({ state: 'valid' });
    expect(await sessionsOf(client).list()).toHaveLength(1);
    await settle();
    expect(subscriber.mock.calls.length).toBeGreaterThan(1);
    expect(other.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-a' } });
    await client.signOut();
    await settle();
    expect(other.getState().status).toBe('signed-out');
    expect(logged).toHaveBeenCalledWith(new Error("the app's own"));
  });

  test('as onSignedOut or onError is logged, and the client goes on', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const server = new FakeServer().signedIn();
    const client = await openTab(server, { onSignedOut: callback, onError: callback });
    server.fail('POST /refresh', noNetwork);
    await expect(client.refresh()).rejects.toMatchObject({ code: 'network' });
    await advance(2);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null });
    await client.signOut();
    await settle();
    expect(server.live.size).toBe(0);
    expect(logged).toHaveBeenCalledTimes(2);
  });

  test('as fetch is a network error', async () => {
    const client = await openTab(new FakeServer(), { mode: headerMode(), fetch: callback });
    await expect(client.signIn('a')).rejects.toMatchObject({ code: 'network' });
  });
});
