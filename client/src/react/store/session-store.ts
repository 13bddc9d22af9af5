/** The store of a user's sessions: the view that components read, and the actions that they call. */

import { UNKNOWN_STATE } from '../../core/session/initial-state.js';
import type { RevokeResponse, LatchkeyErrorLike, LatchkeyState } from '../../core/types.js';
import { UNREAD_TRAIL, appendOlder, prependNewest } from './event-trail.js';
import { refCounted } from './ref-counted.js';
import type { SessionSource } from './session-source.js';
import { type LocalChanges, type SessionView, createView } from './session-view.js';
import { watchNewestEvents } from './watch-newest-events.js';

/** The actions of `useSessionManagement`. Each one rejects with a `LatchkeyError`, which is also in `error`. */
export interface SessionActions {
  /** Signs one session out. It leaves the list at once, and returns if the server refuses. */
  readonly revokeSession: (id: string) => Promise<RevokeResponse>;
  /** Signs out all sessions except this one. */
  readonly revokeOtherSessions: () => Promise<RevokeResponse>;
  /** Signs out all sessions, including this one. */
  readonly revokeAllSessions: () => Promise<RevokeResponse>;
  /** Signs out this session. */
  readonly signOut: () => Promise<void>;
  /** Loads the list now. */
  readonly refreshSessions: () => Promise<void>;
  /** Loads the next older page of events, if there is one. */
  readonly loadMoreEvents: () => Promise<void>;
}

/** The same actions for another user's sessions. An administrator gives a reason; for one's own sessions it is ignored. */
export interface UserSessionActions extends SessionActions {
  readonly revokeSession: (id: string, reason?: string) => Promise<RevokeResponse>;
  /** For another user the same as `revokeAllSessions`, because none of the sessions is this one. */
  readonly revokeOtherSessions: (reason?: string) => Promise<RevokeResponse>;
  readonly revokeAllSessions: (reason?: string) => Promise<RevokeResponse>;
}

export interface SessionStore {
  readonly actions: UserSessionActions;
  readonly getView: () => SessionView;
  readonly subscribe: (listener: () => void) => () => void;
  /** Keeps the list up to date until the returned function is called. */
  readonly watchSessions: () => () => void;
  /** Keeps the newest page of events up to date until the returned function is called. */
  readonly watchEvents: () => () => void;
}

const NO_CHANGES: LocalChanges = { revoking: new Set(), trail: UNREAD_TRAIL, actionError: null };

/** The view on a server and in the browser's first render, before anything is known. */
export const UNKNOWN_VIEW: SessionView = Object.freeze(createView(UNKNOWN_STATE, NO_CHANGES, null, null));

export function createSessionStore({ userId, getState, subscribe, signOut, sessions }: SessionSource): SessionStore {
  const listeners = new Set<() => void>();
  let local = NO_CHANGES;
  let cached: { state: LatchkeyState; local: LocalChanges; view: SessionView } | null = null;
  /** Sessions whose request is on its way. Their rows stay hidden even if a list that arrives in between contains them. */
  const requested = new Set<string>();

  const getView = (): SessionView => {
    const state = getState();
    if (cached?.state !== state || cached.local !== local) {
      cached = { state, local, view: createView(state, local, userId, cached?.view ?? null) };
    }
    return cached.view;
  };
  const notify = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const setLocal = (part: Partial<LocalChanges>): void => {
    local = { ...local, ...part };
    notify();
  };

  /** Drops the local changes that the core's list contains by now, and all of them after a sign-out. */
  const onStateChange = (): void => {
    const { status, sessions: all } = getState();
    if (status === 'signed-out') local = NO_CHANGES;
    const listed = new Set(all?.map((session) => session.session_id));
    const revoking = [...local.revoking].filter((id) => requested.has(id) || listed.has(id));
    if (revoking.length < local.revoking.size) local = { ...local, revoking: new Set(revoking) };
    notify();
  };
  const followSource = refCounted(() => subscribe(onStateChange));

  /**
   * Hides the sessions and sends the request. The returned promise may be ignored, as in
   * `onClick={() => revokeSession(id)}`: the error is in the view, so an ignored promise must not cause an
   * unhandled rejection.
   */
  const act = <T>(ids: readonly string[], send: () => Promise<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      for (const id of ids) requested.add(id);
      setLocal({ revoking: new Set([...local.revoking, ...ids]), actionError: null });
      try {
        return await send();
      } catch (error) {
        setLocal({ revoking: without(local.revoking, ids), actionError: isError(error) ? error : null });
        throw error;
      } finally {
        for (const id of ids) requested.delete(id);
      }
    };
    const promise = run();
    promise.catch(() => {});
    return promise;
  };
  const otherIds = (): readonly string[] =>
    (getState().sessions ?? []).filter((session) => !session.is_current).map((session) => session.session_id);

  let loadingOlder: Promise<void> | null = null;
  const loadOlder = async (): Promise<void> => {
    const { next, events } = local.trail;
    if (events !== null && next === null) return;
    const page = await sessions.events(next === null ? {} : { cursor: next });
    // The trail may have been replaced in the meantime, for example emptied by a sign-out.
    if (local.trail.next === next) setLocal({ trail: appendOlder(local.trail, page) });
  };

  return {
    getView,
    subscribe: (listener) => {
      listeners.add(listener);
      const unfollow = followSource();
      return () => {
        listeners.delete(listener);
        unfollow();
      };
    },
    watchSessions: refCounted(() => sessions.watch()),
    watchEvents: refCounted(() =>
      watchNewestEvents({ getState, subscribe, sessions }, (page) => setLocal({ trail: prependNewest(local.trail, page) })),
    ),
    actions: {
      revokeSession: (id, reason) => act([id], () => sessions.revoke(id, reason).catch(acceptNotFound)),
      revokeOtherSessions: (reason) => act(otherIds(), () => sessions.revokeOthers(reason)),
      // The row of this session stays until the core has signed out, because the page would be empty without it.
      revokeAllSessions: (reason) => act(otherIds(), () => sessions.revokeAll(reason)),
      signOut: () => act([], signOut),
      refreshSessions: () =>
        act([], async () => {
          await sessions.list();
        }),
      loadMoreEvents: () => {
        loadingOlder ??= act([], loadOlder).finally(() => {
          loadingOlder = null;
        });
        loadingOlder.catch(() => {});
        return loadingOlder;
      },
    },
  };
}

function isError(error: unknown): error is LatchkeyErrorLike {
  return error instanceof Error && 'code' in error;
}

/** A session that has ended in the meantime is signed out, which is what the caller asked for. */
function acceptNotFound(error: unknown): RevokeResponse {
  if (!isError(error) || error.code !== 'not_found') throw error;
  return { ended: 0, session_ids: [], access_tokens_expire_by: new Date().toISOString() };
}

function without(ids: ReadonlySet<string>, removed: readonly string[]): ReadonlySet<string> {
  return new Set([...ids].filter((id) => !removed.includes(id)));
}
