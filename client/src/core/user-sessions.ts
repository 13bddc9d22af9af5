/** What may an administrator see of somebody else's sessions, and do about them? */

import type { List } from './channel.js';
import type { Core } from './context.js';
import { LatchkeyError } from './errors.js';
import { authenticated } from './fetch.js';
import { polling } from './polling.js';
import { query, reading } from './reading.js';
import { pathOf, trailOf, without } from './sessions.js';
import { createStore, NOTHING } from './state.js';
import type { Ended, EventPage, EventQuery, Latchkey, LatchkeyState, Session } from './types.js';
import { shown, unlessIs } from './watching.js';

/** What is known of the user: as a client's own state, without what is about the client. */
export type UserState = Pick<LatchkeyState, keyof typeof NOTHING>;

/** Somebody's sessions. Each call throws a `LatchkeyError`; `forbidden` is what everybody but an administrator gets. */
export interface UserSessions {
  /** An immutable snapshot: the same reference until something changed. */
  getState(): UserState;
  subscribe(listener: () => void): () => void;
  list(): Promise<readonly Session[]>;
  get(id: string): Promise<Session>;
  events(query?: EventQuery): Promise<EventPage>;
  /** `reason` goes into the record, and is read by people: 1 to 200 characters. */
  revoke(id: string, reason: string): Promise<Ended>;
  /** All of the user's, and sign-ins under way. */
  revokeAll(reason: string): Promise<Ended>;
  /** Polls while the tab is visible; returns what stops it. */
  watch(): () => void;
}

/** The sessions of a user, for administrators; always the same object for a client and a user. */
export function userSessionsOf(client: Pick<Latchkey, 'part'>, userId: string): UserSessions {
  return client.part(byUser)(userId);
}

function byUser(core: Core): (userId: string) => UserSessions {
  const users = new Map<string, UserSessions>();
  return (userId) => {
    const known = users.get(userId) ?? userSessions(core, userId);
    users.set(userId, known);
    return known;
  };
}

function userSessions(core: Core, userId: string): UserSessions {
  const { session, tries, refresh, call, part } = core;
  const via = part(authenticated);
  const read = part(reading);
  const store = createStore<UserState>(NOTHING);
  let etag: string | null = null;
  /** Whose answer it is. */
  let asker = session.epoch.owner;

  const ask = async (isOld: () => boolean): Promise<void> => {
    const { owner } = session.epoch;
    if (asker !== owner) store.set(NOTHING);
    asker = owner;
    const known = store.get().sessions === null ? null : etag;
    try {
      if (core.store.get().status === 'signed-in' && session.left() <= 0) await refresh.run();
      const path = `/sessions${query({ include: 'analytics', user_id: userId })}`;
      const answer = await read(path, { expect: 'sessions', headers: unlessIs(known) });
      if (isOld()) return;
      tries.read.relax();
      etag = answer.etag ?? known;
      store.set({ ...shown(answer.unchanged ? null : (answer.body as List)), error: null, retryAt: null });
    } catch (error) {
      if (owner === session.epoch.owner && error instanceof LatchkeyError) refused(error);
      throw error;
    }
  };

  const refused = (error: LatchkeyError): void => {
    // Who may not see them sees them no longer, and does not ask again: no waiting makes an administrator.
    if (error.code === 'forbidden') store.set({ ...NOTHING, error });
    else store.set({ error, stale: true, retryAt: Date.now() + tries.read.failed(error) * 1000 });
  };
  const isBarred = (): boolean => store.get().error?.code === 'forbidden' && asker === session.epoch.owner;
  const held = (error: LatchkeyError): void => {
    if (store.get().sessions === null && store.get().error === null) store.set({ error, retryAt: Date.now() + tries.read.left() * 1000 });
  };
  const { run, watch, changed } = polling(core, { ask, left: () => (isBarred() ? Infinity : tries.read.left()), held });

  const end = async (body: object): Promise<Ended> => {
    const { owner } = session.epoch;
    const answer = (await call('/revoke', { method: 'POST', expect: 'ended', body: { ...body, user_id: userId } }, via)).body as Ended;
    if (owner === session.epoch.owner) {
      store.set({ sessions: without(store.get().sessions, answer) });
      changed();
    }
    return answer;
  };

  return {
    // Whoever signed out takes along what only they may see.
    getState: () => (asker === session.epoch.owner ? store.get() : NOTHING),
    subscribe(listener) {
      const mine = (): void => listener();
      store.listeners.add(mine);
      return () => void store.listeners.delete(mine);
    },
    async list() {
      await run();
      return store.get().sessions ?? [];
    },
    get: async (id) => (await read(pathOf(id) + query({ user_id: userId }), { expect: 'session_id' })).body as Session,
    events: (words) => trailOf(read, { ...words, user_id: userId }),
    revoke: (id, reason) => end({ strategy: 'session', session_id: id, reason }),
    revokeAll: (reason) => end({ strategy: 'user', reason }),
    watch,
  };
}
