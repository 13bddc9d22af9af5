import { describe, expect, test, vi } from 'vitest';
import { headerMode, type LatchkeyOptions } from '../../src/core/index.js';
import { FakeServer, noAnswer, noNetwork, problem } from './support/fake-server.js';
import { dispatchPageEvent, openTab, advance, setUpTabs, settle } from './support/tabs.js';

setUpTabs();

const header: LatchkeyOptions = { mode: headerMode() };
const revoked = (server: FakeServer): unknown[] => server.requestsTo('POST /revoke').map(({ body }) => body);

describe('a second sign-in in header mode', () => {
  test('ends the previous session by its refresh token, not with the new one', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('a');
    await client.refresh();
    await client.signIn('b');
    await settle();
    expect(revoked(server)).toEqual([{ strategy: 'token', token: 'refresh.s-a.1' }]);
    expect(server.requestsTo('POST /revoke')[0]?.headers.get('authorization')).toBeNull();
    expect([...server.live.keys()]).toEqual(['s-b']);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null, token: { sessionId: 's-b' } });
  });

  test('does not wait until that is done', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('a');
    server.fail('POST /revoke', noAnswer);
    expect(await client.signIn('b')).toMatchObject({ session_id: 's-b' });
  });

  test('succeeds without the network, shows no error, and revokes later', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('a');
    server.fail('POST /revoke', noNetwork);
    await client.signIn('b');
    await settle();
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null, retryAt: null });
    expect(server.live.has('s-a')).toBe(true);
    await dispatchPageEvent('online');
    expect([...server.live.keys()]).toEqual(['s-b']);
  });

  test('that retries the first one ends nothing', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('a');
    await client.signIn('a');
    await settle();
    expect(revoked(server)).toEqual([]);
  });

  test('that fails ends nothing', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('a');
    server.fail('POST /login', () => problem(401, 'invalid_assertion'));
    await expect(client.signIn('b')).rejects.toMatchObject({ code: 'invalid_assertion' });
    await settle();
    expect(revoked(server)).toEqual([]);
    expect(client.getState().token.sessionId).toBe('s-a');
  });

  test('keeps a sign-out that is still to be sent, and is not ended by it', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('a');
    server.fail('POST /revoke', noNetwork, 2);
    await client.signOut();
    await client.signIn('b');
    await advance(10);
    expect([...server.live.keys()]).toEqual(['s-b']);
    expect(client.getState()).toMatchObject({ status: 'signed-in', error: null, token: { sessionId: 's-b' } });
  });
});

describe('a disposed client', () => {
  test('sends nothing more for a sign-out that waits or is under way', async () => {
    for (const isWaiting of [true, false]) {
      const server = new FakeServer().signedIn();
      const client = await openTab(server);
      server.fail('POST /revoke', isWaiting ? noNetwork : noAnswer, 99);
      void client.signOut();
      await advance(0.5);
      client.dispose();
      await settle();
      expect(vi.getTimerCount()).toBe(0);
      expect(server.requestsTo('POST /revoke')).toHaveLength(1);
    }
  });
});
