/** Finds the store that a component reads: the signed-in user's own sessions, or another user's for an administrator. */

import { sessionsOf } from '../../core/sessions/sessions-of.js';
import type { Latchkey } from '../../core/types.js';
import { createSessionStore, type SessionStore, type UserSessionActions } from './session-store.js';
import { createUserSource } from './user-source.js';

const stores = new WeakMap<Latchkey, Map<string | undefined, SessionStore>>();
const administered = new WeakMap<Latchkey, Map<string, SessionStore>>();

/** The one store of a client and a user. Without a user it is the store of the signed-in user. */
export function sessionStoreForUser(client: Latchkey, userId?: string): SessionStore {
  const known = stores.get(client) ?? new Map<string | undefined, SessionStore>();
  stores.set(client, known);
  const store = known.get(userId) ?? (userId === undefined ? createOwnStore(client) : createUserStore(client, userId));
  known.set(userId, store);
  return store;
}

/**
 * The one store with which an administrator manages a user. It reads and ends the sessions of that user, also while the client does
 * not know its own user. For the administrator's own page see `sessionStoreForUser`: its texts and actions are those for oneself.
 */
export function administeredStore(client: Latchkey, userId: string): SessionStore {
  const known = administered.get(client) ?? new Map<string, SessionStore>();
  administered.set(client, known);
  const store = known.get(userId) ?? createSessionStore(createUserSource(client, userId));
  known.set(userId, store);
  return store;
}

function createOwnStore(client: Latchkey): SessionStore {
  const { getState, subscribe, signOut } = client;
  const own = sessionsOf(client);
  // Without the reason: the API takes none for one's own sessions.
  const sessions = { ...own, revoke: (id: string) => own.revoke(id), revokeOthers: () => own.revokeOthers(), revokeAll: () => own.revokeAll() };
  return createSessionStore({ userId: null, getState, subscribe, signOut, sessions });
}

/**
 * Most apps pass the id of the signed-in user, so this is the own store until the client knows that the id
 * belongs to another user. It switches when another user signs in.
 */
function createUserStore(client: Latchkey, userId: string): SessionStore {
  const own = sessionStoreForUser(client);
  const current = (): SessionStore => {
    const caller = client.getState().userId;
    return caller === null || caller === userId ? own : administeredStore(client, userId);
  };
  /**
   * Ends sessions only once the client knows its user: until then the current store is the own one, and an administrator
   * would end the own sessions in place of the user's. The own list names the caller; if it cannot be read, nothing ends.
   */
  const end = <T>(send: (actions: UserSessionActions) => Promise<T>): Promise<T> => {
    if (client.getState().userId !== null) return send(current().actions);
    const promise = own.actions.refreshSessions().then(() => {
      const isOwn = client.getState().userId === userId;
      return send((isOwn ? own : administeredStore(client, userId)).actions);
    });
    // The promise may be ignored, because the error is in the view.
    promise.catch(() => {});
    return promise;
  };

  /** Attaches to the current store, and to the other one whenever that becomes the current store. */
  const attachToCurrent = (attach: (store: SessionStore) => () => void) => (): (() => void) => {
    let attached: SessionStore | undefined;
    let detach = (): void => {};
    let isStopped = false;
    const update = (): void => {
      const store = current();
      // The client may still call a listener that has unsubscribed while the listeners were being called.
      if (isStopped || store === attached) return;
      detach();
      attached = store;
      detach = attach(store);
    };
    const unsubscribe = client.subscribe(update);
    update();
    return () => {
      isStopped = true;
      unsubscribe();
      detach();
    };
  };

  return {
    getView: () => current().getView(),
    subscribe: (listener) =>
      attachToCurrent((store) => {
        const unsubscribe = store.subscribe(listener);
        // The view of the other store is a change as well.
        listener();
        return unsubscribe;
      })(),
    watchSessions: attachToCurrent((store) => store.watchSessions()),
    watchEvents: attachToCurrent((store) => store.watchEvents()),
    actions: {
      revokeSession: (id, reason) => end((actions) => actions.revokeSession(id, reason)),
      revokeOtherSessions: (reason) => end((actions) => actions.revokeOtherSessions(reason)),
      revokeAllSessions: (reason) => end((actions) => actions.revokeAllSessions(reason)),
      signOut: () => current().actions.signOut(),
      refreshSessions: () => current().actions.refreshSessions(),
      loadMoreEvents: () => current().actions.loadMoreEvents(),
    },
  };
}
