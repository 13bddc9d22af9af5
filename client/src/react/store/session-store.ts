/** What do components read of somebody's sessions, and what can they ask for? */

import type { RevokeResponse, LatchkeyErrorLike, LatchkeyState, Sessions } from '../../core/types.js';
import { UNREAD, withNewest, withOlder } from './event-trail.js';
import { readNewest } from './watch-newest-events.js';
import { type Local, type SessionView, viewOf } from './session-view.js';
import { sharedWhileUsed } from './ref-counted.js';
import { UNKNOWN_STATE } from '../../core/session/initial-state.js';

/** What a component can ask for. Each call rejects with a `LatchkeyError`, which is also in `error`. */
export interface SessionActions {
  /** Signs one session out; it leaves the list at once and returns if the server refuses. */
  readonly revokeSession: (id: string) => Promise<RevokeResponse>;
  /** Signs all sessions out but this one. */
  readonly revokeOtherSessions: () => Promise<RevokeResponse>;
  /** Signs all sessions out, this one too. */
  readonly revokeAllSessions: () => Promise<RevokeResponse>;
  /** Signs this session out. */
  readonly signOut: () => Promise<void>;
  /** Asks for the list now. */
  readonly refreshSessions: () => Promise<void>;
  /** Reads the next older page of events; nothing when there is none. */
  readonly loadMoreEvents: () => Promise<void>;
}

/** The same for somebody else's sessions, which an administrator ends for a reason; one's own need none. */
export interface UserSessionActions extends SessionActions {
  readonly revokeSession: (id: string, reason?: string) => Promise<RevokeResponse>;
  /** All of them: none is this one. */
  readonly revokeOtherSessions: (reason?: string) => Promise<RevokeResponse>;
  readonly revokeAllSessions: (reason?: string) => Promise<RevokeResponse>;
}

/** Where the sessions come from. */
export interface Source {
  /** Whom an administrator looks at; `null` for one's own. */
  readonly userId: string | null;
  getState(): LatchkeyState;
  subscribe(listener: () => void): () => void;
  signOut(): Promise<void>;
  readonly sessions: Pick<Sessions, 'list' | 'events' | 'watch'> & {
    revoke(id: string, reason?: string): Promise<RevokeResponse>;
    revokeOthers(reason?: string): Promise<RevokeResponse>;
    revokeAll(reason?: string): Promise<RevokeResponse>;
  };
}

/** Sessions as components see them. */
export interface SessionStore {
  readonly actions: UserSessionActions;
  readonly getView: () => SessionView;
  readonly subscribe: (listener: () => void) => () => void;
  /** Keeps the list up to date until the returned function is called. */
  readonly watchSessions: () => () => void;
  /** Keeps the newest page of events read until the returned function is called. */
  readonly watchEvents: () => () => void;
}

const NOTHING: Local = { leaving: new Set(), trail: UNREAD, refused: null };

/** What a server renders, and the first render of a browser: nothing is known. */
export const UNKNOWN_VIEW: SessionView = Object.freeze(viewOf(UNKNOWN_STATE, NOTHING, null, null));

/** A store over its source. */
export function createStore({ userId, getState, subscribe, signOut, sessions }: Source): SessionStore {
  const listeners = new Set<() => void>();
  let local = NOTHING;
  let seen: { state: LatchkeyState; local: Local; view: SessionView } | null = null;

  const getView = (): SessionView => {
    const state = getState();
    if (seen?.state !== state || seen.local !== local) {
      seen = { state, local, view: viewOf(state, local, userId, seen?.view ?? null) };
    }
    return seen.view;
  };
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const change = (part: Partial<Local>): void => {
    local = { ...local, ...part };
    tell();
  };

  /** Forgets what the core has caught up with, and everything once somebody is signed out. */
  const follow = (): void => {
    const { status, sessions: all } = getState();
    if (status === 'signed-out') local = NOTHING;
    const listed = new Set(all?.map((session) => session.session_id));
    const leaving = [...local.leaving].filter((id) => asked.has(id) || listed.has(id));
    if (leaving.length < local.leaving.size) local = { ...local, leaving: new Set(leaving) };
    tell();
  };
  const follows = sharedWhileUsed(() => subscribe(follow));

  /** Requests under way, by session: their rows stay away even if the list in between lacks them. */
  const asked = new Set<string>();

  /**
   * Runs an action. The promise that it returns may be dropped, as `onClick={() => revokeSession(id)}` does:
   * the refusal is in `error`, so nobody has to hear of an unhandled rejection as well.
   */
  const act = <T>(ids: readonly string[], send: () => Promise<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      for (const id of ids) asked.add(id);
      change({ leaving: new Set([...local.leaving, ...ids]), refused: null });
      try {
        return await send();
      } catch (error) {
        change({ leaving: without(local.leaving, ids), refused: isError(error) ? error : null });
        throw error;
      } finally {
        for (const id of ids) asked.delete(id);
      }
    };
    const promise = run();
    promise.catch(() => {});
    return promise;
  };
  const idsOf = (isMeant: (isCurrent: boolean) => boolean): readonly string[] =>
    (getState().sessions ?? [])
      .filter((session) => isMeant(session.is_current))
      .map((session) => session.session_id);

  let older: Promise<void> | null = null;
  const readOlder = async (): Promise<void> => {
    const { next, events } = local.trail;
    if (events !== null && next === null) return;
    const page = await sessions.events(next === null ? {} : { cursor: next });
    // What was read meanwhile stays; a sign-out in between empties the trail for good.
    if (local.trail.next === next) change({ trail: withOlder(local.trail, page) });
  };

  return {
    getView,
    subscribe: (listener) => {
      listeners.add(listener);
      const leave = follows();
      return () => {
        listeners.delete(listener);
        leave();
      };
    },
    watchSessions: sharedWhileUsed(() => sessions.watch()),
    watchEvents: sharedWhileUsed(() =>
      readNewest({ getState, subscribe, sessions }, (page) => change({ trail: withNewest(local.trail, page) })),
    ),
    actions: {
      revokeSession: (id, reason) => act([id], () => sessions.revoke(id, reason).catch(asOver)),
      revokeOtherSessions: (reason) => act(idsOf((isCurrent) => !isCurrent), () => sessions.revokeOthers(reason)),
      // This one's row stays until the core says that it is over: a page without it would be no page.
      revokeAllSessions: (reason) => act(idsOf((isCurrent) => !isCurrent), () => sessions.revokeAll(reason)),
      signOut: () => act([], signOut),
      refreshSessions: () =>
        act([], async () => {
          await sessions.list();
        }),
      loadMoreEvents: () => {
        older ??= act([], readOlder).finally(() => {
          older = null;
        });
        older.catch(() => {});
        return older;
      },
    },
  };
}

function isError(error: unknown): error is LatchkeyErrorLike {
  return error instanceof Error && 'code' in error;
}

/** Whom somebody else signed out a moment ago is signed out, which is all that was asked. */
function asOver(error: unknown): RevokeResponse {
  if (!isError(error) || error.code !== 'not_found') throw error;
  return { ended: 0, session_ids: [], access_tokens_expire_by: new Date().toISOString() };
}

function without(ids: ReadonlySet<string>, gone: readonly string[]): ReadonlySet<string> {
  return new Set([...ids].filter((id) => !gone.includes(id)));
}
