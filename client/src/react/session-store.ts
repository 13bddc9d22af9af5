/** One store a client: what components read of it, and what they can ask for. */

import type { Ended, EventPage, Latchkey, LatchkeyErrorLike, LatchkeyState } from '../core/types.js';
import { UNREAD, withNewest, withOlder } from './event-trail.js';
import { type Local, type SessionView, viewOf } from './session-view.js';
import { sharedWhileUsed } from './shared-while-used.js';
import { sessionsOf } from '../core/sessions.js';
import { UNKNOWN_STATE } from '../core/state.js';

/** What a component can ask for. Each call rejects with a `LatchkeyError`, which is also in `error`. */
export interface SessionActions {
  /** Signs one session out; it leaves the list at once and returns if the server refuses. */
  readonly revokeSession: (id: string) => Promise<Ended>;
  /** Signs all sessions out but this one. */
  readonly revokeOtherSessions: () => Promise<Ended>;
  /** Signs all sessions out, this one too. */
  readonly revokeAllSessions: () => Promise<Ended>;
  /** Signs this session out. */
  readonly signOut: () => Promise<void>;
  /** Asks for the list now. */
  readonly refreshSessions: () => Promise<void>;
  /** Reads the next older page of events; nothing when there is none. */
  readonly loadMoreEvents: () => Promise<void>;
}

/** A client as components see it. */
export interface SessionStore {
  readonly actions: SessionActions;
  readonly getView: () => SessionView;
  readonly subscribe: (listener: () => void) => () => void;
  /** Keeps the list up to date until the returned function is called. */
  readonly watchSessions: () => () => void;
  /** Keeps the newest page of events read until the returned function is called. */
  readonly watchEvents: () => () => void;
}

const NOTHING: Local = { leaving: new Set(), trail: UNREAD, refused: null };

/** What a server renders, and the first render of a browser: nothing is known. */
export const UNKNOWN_VIEW: SessionView = Object.freeze(viewOf(UNKNOWN_STATE, NOTHING, null));

const stores = new WeakMap<Latchkey, SessionStore>();

/** The store of a client, always the same one. */
export function storeOf(client: Latchkey): SessionStore {
  const store = stores.get(client) ?? createStore(client);
  stores.set(client, store);
  return store;
}

function createStore(client: Latchkey): SessionStore {
  const listeners = new Set<() => void>();
  let local = NOTHING;
  let seen: { state: LatchkeyState; local: Local; view: SessionView } | null = null;

  const getView = (): SessionView => {
    const state = client.getState();
    if (seen?.state !== state || seen.local !== local) {
      seen = { state, local, view: viewOf(state, local, seen?.view ?? null) };
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
    const { status, sessions } = client.getState();
    if (status === 'signed-out') local = NOTHING;
    const listed = new Set(sessions?.map((session) => session.session_id));
    const leaving = [...local.leaving].filter((id) => asked.has(id) || listed.has(id));
    if (leaving.length < local.leaving.size) local = { ...local, leaving: new Set(leaving) };
    tell();
  };
  const follows = sharedWhileUsed(() => client.subscribe(follow));

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
    (client.getState().sessions ?? [])
      .filter((session) => isMeant(session.is_current))
      .map((session) => session.session_id);

  let older: Promise<void> | null = null;
  const readOlder = async (): Promise<void> => {
    const { next, events } = local.trail;
    if (events !== null && next === null) return;
    const page = await sessionsOf(client).events(next === null ? {} : { cursor: next });
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
    watchSessions: sharedWhileUsed(() => sessionsOf(client).watch()),
    watchEvents: sharedWhileUsed(() =>
      readNewest(client, (page) => change({ trail: withNewest(local.trail, page) })),
    ),
    actions: {
      revokeSession: (id) => act([id], () => sessionsOf(client).revoke(id).catch(asOver)),
      revokeOtherSessions: () => act(idsOf((isCurrent) => !isCurrent), () => sessionsOf(client).revokeOthers()),
      // This one's row stays until the core says that it is over: a page without it would be no page.
      revokeAllSessions: () => act(idsOf((isCurrent) => !isCurrent), () => sessionsOf(client).revokeAll()),
      signOut: () => act([], () => client.signOut()),
      refreshSessions: () =>
        act([], async () => {
          await sessionsOf(client).list();
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

/** Reads the newest events now and whenever the list of sessions has changed. */
function readNewest(client: Latchkey, take: (page: EventPage) => void): () => void {
  let isOver = false;
  let known: string | null = null;
  const look = (): void => {
    const { status, sessions, error } = client.getState();
    if (status !== 'signed-in') known = null;
    // A failed call changes the state as well: asking again at once would never end.
    if (status !== 'signed-in' || (known === null && error !== null)) return;
    const ids = sessions?.map((session) => session.session_id).join() ?? '';
    // The first answer with sessions is no change of them.
    const isFirst = known === '';
    if (ids === known || (sessions === null && known !== null)) return;
    known = ids;
    if (isFirst) return;
    sessionsOf(client).events().then(
      (page) => {
        if (!isOver && client.getState().status === 'signed-in') take(page);
      },
      () => {
        known = null;
      },
    );
  };
  const unsubscribe = client.subscribe(look);
  look();
  return () => {
    isOver = true;
    unsubscribe();
  };
}

function isError(error: unknown): error is LatchkeyErrorLike {
  return error instanceof Error && 'code' in error;
}

/** Whom somebody else signed out a moment ago is signed out, which is all that was asked. */
function asOver(error: unknown): Ended {
  if (!isError(error) || error.code !== 'not_found') throw error;
  return { ended: 0, session_ids: [], access_tokens_expire_by: new Date().toISOString() };
}

function without(ids: ReadonlySet<string>, gone: readonly string[]): ReadonlySet<string> {
  return new Set([...ids].filter((id) => !gone.includes(id)));
}
