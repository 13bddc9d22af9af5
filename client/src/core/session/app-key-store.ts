/** How are the keys of refreshes kept in a storage of the app, where there is no IndexedDB? */

import type { KeyStore } from '../refresh-keys/key-store.js';

/**
 * A storage for one string. It may be asynchronous. With `set`, the value must be on the disk, or on its way there, when the
 * promise resolves: a value that is kept in memory only must not be offered here.
 */
export interface RefreshKeyStorage {
  get(): string | null | Promise<string | null>;
  set(value: string): void | Promise<void>;
}

/** Updates follow one after the other. The storage must not be shared with another process, because `get` and `set` are two steps. */
export function appKeyStore(storage: RefreshKeyStorage): KeyStore {
  let last: Promise<void> = Promise.resolve();
  return {
    update(change) {
      const update = last.then(async () => {
        const stored = parse(await storage.get());
        const next = change(stored);
        if (next !== stored) await storage.set(JSON.stringify(next));
      });
      last = update.catch(() => undefined);
      return update;
    },
  };
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null') as unknown;
  } catch {
    return null;
  }
}
