/** Which sessions of another user may an administrator read and end? */

import type { SessionListResponse } from '../api-responses.js';
import { LatchkeyError } from '../errors.js';
import { authenticatedFetch } from '../fetch/fetch-of.js';
import { setupPolling } from '../polling/polling.js';
import { addOnOf } from '../runtime/add-ons.js';
import type { Internals } from '../runtime/context.js';
import { SIGNED_OUT_STATE } from '../session/initial-state.js';
import type { EventPage, EventQuery, Latchkey, LatchkeyState, RevokeResponse, Session } from '../types.js';
import { createStore } from '../util/store.js';
import { authenticatedRead, ifNoneMatch, listChange, queryString, readEvents, sessionPath, withoutEnded } from './read.js';
import { savedList } from './saved-list.js';

/** The state of another user's sessions: the fields of a client's own state that do not concern the client itself. */
export type UserState = Omit<LatchkeyState, 'status' | 'endedReason' | 'token' | 'serverTimeOffset' | 'online'>;

/** The sessions of another user. Each call throws a `LatchkeyError`; its code is `forbidden` if the caller is no administrator. */
export interface UserSessions {
  /** An immutable snapshot: the same reference until something changes. */
  getState(): UserState;
  /** Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void;
  list(): Promise<readonly Session[]>;
  get(id: string): Promise<Session>;
  events(query?: EventQuery): Promise<EventPage>;
  /** `reason`, 1 to 200 characters, is stored in the audit trail. */
  revoke(id: string, reason: string): Promise<RevokeResponse>;
  /** Ends all sessions of the user, and sign-ins under way. */
  revokeAll(reason: string): Promise<RevokeResponse>;
  /** Polls the list while the tab is visible; returns a function that stops it. */
  watch(): () => void;
}

/**
 * The sessions of a user, for administrators; the same object each time it is called with the same client and user.
 *
 * ```ts
 * const paul = userSessionsOf(latchkey, 'paul');
 * await paul.revokeAll('reported a stolen laptop');
 * ```
 */
export function userSessionsOf(client: Latchkey, userId: string): UserSessions {
  return addOnOf(client, sessionsByUser)(userId);
}

function sessionsByUser(internals: Internals): (userId: string) => UserSessions {
  const users = new Map<string, UserSessions>();
  return (userId) => {
    const known = users.get(userId) ?? createUserSessions(internals, userId);
    users.set(userId, known);
    return known;
  };
}

function createUserSessions(internals: Internals, userId: string): UserSessions {
  const { session, backoffs, refresh, request, addOn } = internals;
  const via = addOn(authenticatedFetch);
  const read = addOn(authenticatedRead);
  const store = createStore<UserState>(SIGNED_OUT_STATE);
  let etag: string | null = null;
  /** The session epoch at which the administrator read the list. */
  let readerEpoch = session.epoch.session;

  const saved = savedList(internals, 'user-list', store);

  /** Shows the list from before a reload, if it is this user's and the administrator has the same session. */
  const restore = (): void => {
    const before = saved.load();
    if (before?.list.userId !== userId) return;
    etag = before.etag;
    store.set(before.list);
  };

  const fetchList = async (isStale: () => boolean): Promise<void> => {
    const { session: epoch } = session.epoch;
    if (readerEpoch !== epoch) store.set(SIGNED_OUT_STATE);
    readerEpoch = epoch;
    restore();
    const knownEtag = store.get().sessions === null ? null : etag;
    try {
      if (internals.store.get().status === 'signed-in' && session.secondsLeft() <= 0) await refresh.run();
      const path = `/sessions${queryString({ include: 'analytics', user_id: userId })}`;
      const response = await read(path, { expectedField: 'sessions', headers: ifNoneMatch(knownEtag) });
      if (isStale()) return;
      backoffs.read.reset();
      etag = response.etag ?? knownEtag;
      store.set({ ...listChange(response.body as SessionListResponse | null), error: null, retryAt: null });
      saved.save(etag);
    } catch (error) {
      if (epoch === session.epoch.session && error instanceof LatchkeyError) showFailure(error);
      throw error;
    }
  };

  const showFailure = (error: LatchkeyError): void => {
    // A caller without the right sees no list and sends no further request, because waiting would not help.
    if (error.code === 'forbidden') {
      store.set({ ...SIGNED_OUT_STATE, error });
      saved.forget();
    } else store.set({ error, stale: true, retryAt: Date.now() + backoffs.read.recordFailure(error) * 1000 });
  };
  const isForbidden = (): boolean => store.get().error?.code === 'forbidden' && readerEpoch === session.epoch.session;
  const onBlocked = (error: LatchkeyError): void => {
    if (store.get().sessions !== null || store.get().error !== null) return;
    store.set({ error, retryAt: Date.now() + backoffs.read.secondsLeft() * 1000 });
  };
  const { run, watch, invalidate } = setupPolling(internals, {
    fetchList,
    secondsUntilAllowed: () => (isForbidden() ? Infinity : backoffs.read.secondsLeft()),
    onBlocked,
  });

  // After a sign-out the list of another user does not stay in the tab.
  internals.addParticipant({ reschedule: () => void saved.load(), stop() {} });

  const revoke = async (command: object): Promise<RevokeResponse> => {
    const { session: epoch } = session.epoch;
    const body = { ...command, user_id: userId };
    const response = (await request('/revoke', { method: 'POST', expectedField: 'ended', body }, via)).body as RevokeResponse;
    const id = session.id();
    // An administrator may have named the own id.
    if (epoch === session.epoch.session && id !== null && response.session_ids.includes(id)) session.end('signed_out');
    else if (epoch === session.epoch.session) {
      store.set({ sessions: withoutEnded(store.get().sessions, response) });
      saved.save(etag);
      invalidate();
    }
    return response;
  };

  return {
    // After a sign-out the list is gone, because only the administrator may see it.
    getState: () => (readerEpoch === session.epoch.session ? store.get() : SIGNED_OUT_STATE),
    subscribe: store.subscribe,
    async list() {
      await run();
      return store.get().sessions ?? [];
    },
    get: async (id) => (await read(sessionPath(id) + queryString({ user_id: userId }), { expectedField: 'session_id' })).body as Session,
    events: (query) => readEvents(read, { ...query, user_id: userId }),
    revoke: (id, reason) => revoke({ strategy: 'session', session_id: id, reason }),
    revokeAll: (reason) => revoke({ strategy: 'user', reason }),
    watch,
  };
}
