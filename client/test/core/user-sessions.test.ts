import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLatchkey, headerMode, userSessionsOf, type Latchkey } from '../../src/core/index.js';
import { startLocalServer, type LocalServer } from '../server/support/local-server.js';

let api: LocalServer;
let client: Latchkey | undefined;
/** The requests and their statuses. */
const seen: string[] = [];

beforeAll(async () => {
  api = await startLocalServer();
});

afterEach(() => {
  client?.dispose();
  seen.length = 0;
});

afterAll(async () => {
  await api?.stop();
});

/** A signed-in client; with a scope, an administrator. */
async function signedIn(sub: string, scope?: string): Promise<Latchkey> {
  client = createLatchkey({
    baseUrl: api.issuer,
    mode: headerMode(),
    channel: sub,
    pollEvery: 0.1,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      seen.push(`${init?.method} ${String(input).slice(api.issuer.length)} ${response.status}`);
      return response;
    },
  });
  const { assertion } = await api.post('/dev/assertion', { sub, ...(scope && { scope }) });
  await client.signIn(String(assertion));
  return client;
}

const administrator = (sub: string): Promise<Latchkey> => signedIn(sub, 'latchkey:admin');

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(condition()).toBe(true);
}

describe('an administrator', () => {
  test("lists another user's sessions, none of them current, and reads one", async () => {
    const [first, second] = [await api.signIn('paul-1'), await api.signIn('paul-1')];
    const paul = userSessionsOf(await administrator('root-1'), 'paul-1');
    const sessions = await paul.list();
    expect(sessions.map(({ session_id }) => session_id).sort()).toEqual([first.sessionId, second.sessionId].sort());
    expect(sessions.some(({ is_current }) => is_current)).toBe(false);
    expect(paul.getState()).toMatchObject({ userId: 'paul-1', sessionLimit: 5, analytics: { active_sessions: 2 }, error: null });
    expect(await paul.get(first.sessionId)).toMatchObject({ session_id: first.sessionId, events: expect.any(Array) });
    const page = await paul.events({ limit: 1 });
    expect(page.events).toMatchObject([{ event_type: 'login' }]);
  });

  test('gets the same object again for the same user', async () => {
    const root = await administrator('root-2');
    expect(userSessionsOf(root, 'paul-2')).toBe(userSessionsOf(root, 'paul-2'));
    expect(userSessionsOf(root, 'paul-2')).not.toBe(userSessionsOf(root, 'mary-2'));
  });

  test('ends one and then all, and the trail has reason and administrator', async () => {
    const first = await api.signIn('paul-3');
    await api.signIn('paul-3');
    const root = await administrator('root-3');
    const paul = userSessionsOf(root, 'paul-3');
    await paul.list();
    expect(await paul.revoke(first.sessionId, 'odd place')).toMatchObject({ ended: 1, session_ids: [first.sessionId] });
    expect(paul.getState().sessions).toHaveLength(1);
    expect(await paul.revokeAll('stolen laptop')).toMatchObject({ ended: 1 });
    expect(paul.getState().sessions).toEqual([]);
    const page = await paul.events({ type: 'session_ended' });
    expect(page.events.map(({ details }) => details)).toMatchObject([
      { reason: 'admin', note: 'stolen laptop' },
      { reason: 'admin', note: 'odd place' },
    ]);
    expect(root.getState()).toMatchObject({ status: 'signed-in', sessions: null });
  });

  test('is signed out here when the own session ends by the own id', async () => {
    const latchkey = await administrator('root-5');
    await userSessionsOf(latchkey, 'root-5').revokeAll('lost laptop');
    expect(latchkey.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
  });

  test('sees a change within a poll, and gets 304 for an unchanged list', async () => {
    await api.signIn('paul-4');
    const paul = userSessionsOf(await administrator('root-4'), 'paul-4');
    const stop = paul.watch();
    await until(() => seen.some((line) => line.endsWith(' 304')));
    expect(paul.getState().sessions).toHaveLength(1);
    await api.signIn('paul-4');
    await until(() => paul.getState().sessions?.length === 2);
    stop();
  });
});

describe('a user without the right', () => {
  test('gets forbidden, and sees and ends nothing', async () => {
    const { sessionId } = await api.signIn('paul-5');
    const paul = userSessionsOf(await signedIn('mallory'), 'paul-5');
    await expect(paul.list()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
    expect(paul.getState()).toMatchObject({ sessions: null, error: { code: 'forbidden' }, retryAt: null });
    const acts = [() => paul.get(sessionId), () => paul.events(), () => paul.revoke(sessionId, 'x'), () => paul.revokeAll('x')];
    for (const act of acts) {
      await expect(act()).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});
