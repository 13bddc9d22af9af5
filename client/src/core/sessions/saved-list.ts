/** Which list did the tab show before a reload? With its etag, an unchanged list does not count against the limit. */

import type { Internals } from '../runtime/context.js';
import type { LatchkeyState } from '../types.js';
import { pageStorage, type PageStorage } from '../util/page-storage.js';
import type { Store } from '../util/store.js';

type ListFields = Pick<LatchkeyState, 'userId' | 'sessions' | 'analytics' | 'recommendations' | 'sessionLimit'>;

interface SavedList {
  readonly sessionId: string | null;
  readonly etag: string | null;
  readonly list: ListFields;
}

export interface SavedListStore {
  /** Saves the list that `store` has, or forgets it if there is none. */
  save(etag: string | null): void;
  /** The list from before the reload, if the session is still the same. Forgets all lists if the session has ended. */
  load(): SavedList | null;
  forget(): void;
}

/** The user's own list, and the list of the user that an administrator looked at last. */
const NAMES = ['list', 'user-list'] as const;

export function savedList({ api, session, store: own }: Internals, name: (typeof NAMES)[number], store: Pick<Store<ListFields>, 'get'>): SavedListStore {
  const storageOf = (each: string): PageStorage<SavedList> => pageStorage('session', `latchkey.${each}:${api}`);
  const storage = storageOf(name);
  return {
    save(etag) {
      const { userId, sessions, analytics, recommendations, sessionLimit } = store.get();
      storage.set(sessions && { sessionId: session.id(), etag, list: { userId, sessions, analytics, recommendations, sessionLimit } });
    },
    load() {
      const { status } = own.get();
      if (status === 'signed-out') for (const each of NAMES) storageOf(each).set(null);
      if (status === 'unknown' || store.get().sessions !== null) return null;
      const before = storage.get();
      return before?.sessionId === session.id() ? before : null;
    },
    forget: () => storage.set(null),
  };
}
