import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IDBFactory } from 'fake-indexeddb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLatchkey, fetchOf, headerMode, sessionsOf, type Latchkey, type LatchkeyOptions } from '../../src/core/index.js';
import type { Fetch } from '../../src/core/transport/transport.js';
import { createTokenValidationMiddleware } from '../../src/server/index.js';
import { browser } from './support/cookie-jar.js';
import { startLocalServer, type LocalServer } from '../server/support/local-server.js';

let api: LocalServer;
const clients: Latchkey[] = [];

beforeAll(async () => {
  api = await startLocalServer();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const each of clients.splice(0)) each.dispose();
});

afterAll(async () => {
  await api?.stop();
});

/** A client in a browser of its own: with a cookie jar in its `fetch`, or in header mode. */
function client(options: LatchkeyOptions = {}): Latchkey {
  const made = createLatchkey({ ...(options.fetch ? {} : { mode: headerMode() }), baseUrl: api.issuer, channel: `browser-${clients.length}`, ...options });
  clients.push(made);
  return made;
}

async function assertion(sub: string): Promise<string> {
  return String((await api.post('/dev/assertion', { sub }))['assertion']);
}

/** Waits for a change by another tab or by a timer. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(condition()).toBe(true);
}

describe.each(['header', 'cookie', 'bound-header', 'bound-cookie'] as const)('with the real server, in %s mode', (mode) => {
  const isBound = mode.startsWith('bound');
  beforeEach(() => {
    if (isBound) vi.stubGlobal('indexedDB', new IDBFactory());
  });
  const fresh = (): Latchkey => client({ ...(mode.endsWith('cookie') && { fetch: browser() }), binding: isBound ? 'require' : 'prefer' });

  test('a user signs in, lists, refreshes, reads events and signs out', async () => {
    const alice = fresh();
    const session = await alice.signIn(await assertion(`alice-${mode}`));
    expect(session).toMatchObject({ is_current: true, binding: isBound ? 'dpop' : 'none', risk: { level: expect.any(String) } });
    expect(alice.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid', sessionId: session.session_id, canRefresh: true } });
    expect(await alice.refresh()).toMatchObject({ state: 'valid', expiresIn: 3600, sessionId: session.session_id });
    expect(await sessionsOf(alice).list()).toHaveLength(1);
    expect(alice.getState()).toMatchObject({ sessionLimit: 5, analytics: { active_sessions: 1 } });
    expect(await sessionsOf(alice).get(session.session_id)).toMatchObject({ session_id: session.session_id, events: expect.any(Array) });
    const page = await sessionsOf(alice).events({ limit: 1 });
    expect(page.events).toMatchObject([{ event_type: 'login' }]);
    await alice.signOut();
    expect(alice.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out', error: null, sessions: null });
  });

  test('a session that another device ended is signed out with its reason', async () => {
    const name = `bob-${mode}`;
    const [here, there] = [fresh(), fresh()];
    const { session_id } = await here.signIn(await assertion(name));
    await there.signIn(await assertion(name));
    expect(await sessionsOf(there).list()).toHaveLength(2);
    expect(await sessionsOf(there).revoke(session_id)).toMatchObject({ ended: 1, session_ids: [session_id] });
    await expect(sessionsOf(here).list()).rejects.toMatchObject({ code: 'session_ended', status: 401 });
    expect(here.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
    expect(await sessionsOf(there).list()).toHaveLength(1);
  });

  test('a second sign-in ends the previous session', async () => {
    const name = `fay-${mode}`;
    const here = fresh();
    const { session_id } = await here.signIn(await assertion(name));
    const next = await here.signIn(await assertion(name));
    expect(next.session_id).not.toBe(session_id);
    const there = fresh();
    await there.signIn(await assertion(name));
    const live = async (): Promise<string[]> => (await sessionsOf(there).list()).map((each) => each.session_id);
    for (let tries = 0; tries < 50 && (await live()).includes(session_id); tries++);
    expect((await live()).sort()).toEqual([next.session_id, there.getState().token.sessionId].sort());
  });

  test('an identity provider that reports its sign-in again opens no other session', async () => {
    const gus = fresh();
    const token = await assertion(`gus-${mode}`);
    const [first, second] = await Promise.all([gus.signIn(token), gus.signIn(token)]);
    const third = await gus.signIn(token);
    expect([second.session_id, third.session_id]).toEqual([first.session_id, first.session_id]);
    await gus.refresh();
    expect((await gus.signIn(token)).session_id).toBe(first.session_id);
    expect(await sessionsOf(gus).list()).toHaveLength(1);
  });

  test('a user ends all other sessions, and then all', async () => {
    const name = `carol-${mode}`;
    const [here, there] = [fresh(), fresh()];
    await here.signIn(await assertion(name));
    await there.signIn(await assertion(name));
    expect((await sessionsOf(there).revokeOthers()).ended).toBe(1);
    await expect(here.refresh()).rejects.toMatchObject({ code: 'session_ended' });
    expect((await sessionsOf(there).revokeAll()).ended).toBe(1);
    expect(there.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
  });

  test('a call with an expired token refreshes it', async () => {
    const dave = fresh();
    await dave.signIn(await assertion(`dave-${mode}`));
    await api.advanceClock(3601);
    // The client's clock moves as well, so that its token is no new one. By this clock it has not expired.
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 120_000);
    const response = await fetchOf(dave)(`${api.issuer}/sessions`);
    expect(response.status).toBe(200);
    expect(dave.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' } });
  });

  test('an outage of the store signs no user out', async () => {
    const erin = fresh();
    await erin.signIn(await assertion(`erin-${mode}`));
    await api.failStore(100);
    await expect(erin.refresh()).rejects.toMatchObject({ code: 'store_unavailable', status: 503, retryAfter: 2 });
    await expect(sessionsOf(erin).list()).rejects.toMatchObject({ status: 503 });
    await api.failStore(0);
    expect(erin.getState()).toMatchObject({ status: 'signed-in', stale: true });
  });
});

describe('with the real server, in cookie mode', () => {
  test('tabs without messages, whose requests cross, stay signed in', async () => {
    vi.stubGlobal('indexedDB', new IDBFactory());
    const jar = new Map<string, string>();
    const one = client({ fetch: browser(jar) });
    await one.signIn(await assertion('tabs'));
    let arrive: (() => void) | undefined;
    const long = (): Promise<void> => (arrive ? Promise.resolve() : new Promise<void>((resolve) => (arrive = resolve)));
    const [two, slow] = [client({ fetch: browser(jar) }), client({ fetch: browser(jar, long) })];
    for (const each of [two, slow]) each.subscribe(() => {});
    await until(() => [two, slow].every((each) => each.getState().status === 'signed-in'));
    await api.advanceClock(2);
    const late = slow.refresh();
    await until(() => arrive !== undefined);
    const first = await one.refresh();
    await api.advanceClock(2);
    expect(await two.refresh()).toMatchObject({ sessionId: first.sessionId });
    arrive?.();
    expect(await late).toMatchObject({ state: 'valid', sessionId: first.sessionId });
    await api.advanceClock(3500);
    for (const each of [two, slow, one]) expect(await each.refresh()).toMatchObject({ state: 'valid' });
  });

  test('a new page reads its status, watches the list, and shows changes', async () => {
    const fetch = browser();
    const before = client({ fetch });
    await before.signIn(await assertion('frank'));
    const page = client({ fetch, pollEvery: 0.2 });
    page.subscribe(() => {});
    sessionsOf(page).watch();
    await until(() => page.getState().sessions !== null);
    expect(page.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid', needsRefresh: false } });
    const other = client({ fetch: browser() });
    await other.signIn(await assertion('frank'));
    await until(() => page.getState().sessions?.length === 2);
    await sessionsOf(other).revokeOthers();
    await until(() => page.getState().status === 'signed-out');
    expect(page.getState().endedReason).toBe('signed_out');
  });

  test('a page without cookies is signed out without a reason', async () => {
    const page = client({ fetch: browser() });
    page.subscribe(() => {});
    await until(() => page.getState().status !== 'unknown');
    expect(page.getState()).toMatchObject({ status: 'signed-out', endedReason: null, error: null, token: { state: 'none' } });
  });

  test('a reused stolen cookie ends the session with reason security', async () => {
    const jar = browser();
    let stolen = '';
    const owner = client({
      fetch: async (input, init) => {
        const response = await jar(input, init);
        const line = response.headers.getSetCookie().find((each) => /^latchkey_\d+_refresh=/.test(each));
        stolen ||= line?.split(';')[0] ?? '';
        return response;
      },
    });
    await owner.signIn(await assertion('grace'));
    await owner.refresh();
    await api.advanceClock(120);
    const headers = { cookie: stolen, 'sec-fetch-site': 'same-origin', 'user-agent': 'another device' };
    const thief = await fetch(`${api.issuer}/refresh`, { method: 'POST', headers });
    expect(thief.status).toBe(401);
    await expect(sessionsOf(owner).list()).rejects.toMatchObject({ code: 'session_ended' });
    expect(owner.getState()).toMatchObject({ status: 'signed-out', endedReason: 'security' });
  });
});

describe('with the real server and other services', () => {
  const audience = 'another-audience';

  test('a backend that refuses every token causes no flood of refreshes and no theft', async () => {
    const guard = createTokenValidationMiddleware({ issuer: api.issuer, audience, cookieSecure: false });
    const backend = createServer((request, response) => void guard(request, response, () => response.end('{}')));
    await new Promise<void>((resolve) => void backend.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    let refreshes = 0;
    const counting: Fetch = (input, init) => {
      refreshes += Number(String(input).endsWith('/refresh') && init?.method === 'POST');
      return fetch(input, init);
    };
    try {
      const tabs = [1, 2, 3].map(() => client({ channel: 'three-tabs', mode: headerMode({ apiOrigins: [origin] }), fetch: counting }));
      for (const tab of tabs) tab.subscribe(() => {});
      const [first] = tabs as [Latchkey, ...Latchkey[]];
      await first.signIn(await assertion('hugo'));
      await until(() => tabs.every((tab) => tab.getState().status === 'signed-in'));
      // The token is no longer new, so that a refresh could help.
      const { now } = Date;
      vi.spyOn(Date, 'now').mockImplementation(() => now() + 120_000);
      for (let round = 0; round < 10; round += 1) {
        const responses = await Promise.all(tabs.map((tab) => fetchOf(tab)(`${origin}/orders`)));
        expect(responses.map(({ status }) => status)).toEqual([401, 401, 401]);
      }
      // Without navigator.locks, tabs that get their first 401 at the same moment refresh once each.
      expect(refreshes).toBeLessThanOrEqual(tabs.length);
      const { events } = await sessionsOf(first).events({});
      expect(events.map((event) => event.event_type)).toEqual(['login']);
    } finally {
      backend.closeAllConnections();
      backend.close();
    }
  }, 30_000);

  test('two APIs on one page exchange neither state nor tokens', async () => {
    const other = await startLocalServer();
    try {
      // Without a channel of its own, each client derives one from its URL.
      const open = (server: LocalServer): Latchkey => client({ baseUrl: server.issuer, channel: undefined as never, mode: headerMode() });
      const [here, there] = [open(api), open(other)];
      for (const each of [here, there]) each.subscribe(() => {});
      await here.signIn(await assertion('ida'));
      await until(() => there.getState().status !== 'unknown');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(there.getState().status).toBe('signed-out');
      await expect(sessionsOf(there).list()).rejects.toMatchObject({ status: 401 });
      await there.signIn(String((await other.post('/dev/assertion', { sub: 'ida' }))['assertion']));
      await here.signOut();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(there.getState().status).toBe('signed-in');
      expect(await sessionsOf(there).list()).toHaveLength(1);
    } finally {
      await other.stop();
    }
  }, 30_000);
});
