import { describe, expect, test, vi } from 'vitest';
import { headerMode, type LatchkeyOptions } from '../../src/core/index.js';
import { FakeServer, noAnswer, noNetwork, problem } from './support/fake-server.js';
import { dispatchPageEvent, fakeStorage, openTab, advance, setUpTabs, settle, tab } from './support/tabs.js';

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

describe('a repeated sign-in with the same assertion', () => {
  test('opens one session, however often the provider reports the user', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    const [one, two] = await Promise.all([client.signIn('a'), client.signIn('a')]);
    expect(await client.signIn('a')).toBe(one);
    expect(two).toBe(one);
    await client.refresh();
    expect(await client.signIn('a')).toMatchObject({ session_id: 's-a' });
    expect(server.requestsTo('POST /login')).toHaveLength(1);
    expect(server.requestsTo('GET /sessions/s-a')).toHaveLength(1);
  });

  test.each([{}, header])('opens none after a reload or in another tab: %j', async (options) => {
    vi.stubGlobal('localStorage', fakeStorage());
    const server = new FakeServer();
    const client = await openTab(server, options);
    await client.signIn('assertion-with-a-signature');
    const other = tab(server, options);
    const session = other.signIn('assertion-with-a-signature');
    await advance(1);
    expect(await session).toMatchObject({ session_id: 's-assertion-with-a-signature' });
    expect(server.requestsTo('POST /login')).toHaveLength(1);
  });

  test('asks the server again after a sign-out, after the end of the session and after a failure', async () => {
    vi.stubGlobal('localStorage', fakeStorage());
    const server = new FakeServer();
    const client = await openTab(server);
    server.fail('POST /login', noNetwork);
    await expect(client.signIn('a')).rejects.toMatchObject({ code: 'network' });
    await client.signIn('a');
    await client.signOut();
    await client.signIn('a').catch(() => {});
    server.end('s-a', 'admin');
    await client.refresh().catch(() => {});
    expect(client.getState().status).toBe('signed-out');
    await client.signIn('a').catch(() => {});
    expect(server.requestsTo('POST /login')).toHaveLength(4);
  });

  test('with another assertion opens another session', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    await client.signIn('a');
    await client.signIn('b');
    await client.signIn('a');
    expect(server.requestsTo('POST /login').map(({ body }) => body?.['assertion'])).toEqual(['a', 'b', 'a']);
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
