/** Whose sessions does a component see? One's own, or as an administrator somebody else's. */

import { sessionsOf } from '../../core/sessions/sessions-of.js';
import type { Latchkey } from '../../core/types.js';
import { createStore, type SessionStore } from './session-store.js';
import { userSource } from './user-source.js';

const stores = new WeakMap<Latchkey, Map<string | undefined, SessionStore>>();

/** The store of a client and a user, always the same one; without a user that of whoever is signed in. */
export function storeOf(client: Latchkey, userId?: string): SessionStore {
  const known = stores.get(client) ?? new Map<string | undefined, SessionStore>();
  stores.set(client, known);
  const store = known.get(userId) ?? (userId === undefined ? ownStore(client) : storeOfUser(client, userId));
  known.set(userId, store);
  return store;
}

function ownStore(client: Latchkey): SessionStore {
  const { getState, subscribe, signOut } = client;
  const own = sessionsOf(client);
  // Nobody gives a reason for ending what is theirs.
  const sessions = { ...own, revoke: (id: string) => own.revoke(id), revokeOthers: () => own.revokeOthers(), revokeAll: () => own.revokeAll() };
  return createStore({ userId: null, getState, subscribe, signOut, sessions });
}

/** One's own store for as long as it is not known to be somebody else: most apps name the user who is signed in. */
function storeOfUser(client: Latchkey, userId: string): SessionStore {
  const own = storeOf(client);
  let made: SessionStore | undefined;
  const current = (): SessionStore => {
    const caller = client.getState().userId;
    return caller === null || caller === userId ? own : (made ??= createStore(userSource(client, userId)));
  };

  /** Attaches to the store that counts, now and whenever it is the other one. */
  const following = (attach: (store: SessionStore) => () => void) => (): (() => void) => {
    let attached: SessionStore | undefined;
    let detach = (): void => {};
    let isOver = false;
    const follow = (): void => {
      const store = current();
      // Whoever left during a round of news still hears it to its end.
      if (isOver || store === attached) return;
      detach();
      attached = store;
      detach = attach(store);
    };
    const leave = client.subscribe(follow);
    follow();
    return () => {
      isOver = true;
      leave();
      detach();
    };
  };

  return {
    getView: () => current().getView(),
    subscribe: (listener) =>
      following((store) => {
        const leave = store.subscribe(listener);
        // The other store is news in itself.
        listener();
        return leave;
      })(),
    watchSessions: following((store) => store.watchSessions()),
    watchEvents: following((store) => store.watchEvents()),
    actions: {
      revokeSession: (id, reason) => current().actions.revokeSession(id, reason),
      revokeOtherSessions: (reason) => current().actions.revokeOtherSessions(reason),
      revokeAllSessions: (reason) => current().actions.revokeAllSessions(reason),
      signOut: () => current().actions.signOut(),
      refreshSessions: () => current().actions.refreshSessions(),
      loadMoreEvents: () => current().actions.loadMoreEvents(),
    },
  };
}
