/**
 * Where are the keys of refreshes kept? In IndexedDB: one of its transactions is atomic over all tabs, so that tabs need no lock,
 * and it can be on the disk before the request is sent, while browsers write cookies to the disk up to 30 s later.
 */

/** One value, which is replaced as a whole. */
export interface KeyStore {
  /**
   * Replaces the stored value, `undefined` at first, by what `change` returns. Nothing may be written in between.
   *
   * Resolves once the value is on the disk, and rejects if it could not be stored.
   */
  update(change: (stored: unknown) => unknown): Promise<void>;
}

/** Milliseconds. A storage that hangs delays a request by no more than this. */
const DEADLINE = 3_000;

/** Changes the stored value and returns what it is by then; rejects if it could not be stored in time. */
export async function updateStored<T>(store: KeyStore, change: (stored: unknown) => T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<never>((_, reject) => (timer = setTimeout(reject, DEADLINE)));
    let next: T | undefined;
    await Promise.race([store.update((stored) => (next = change(stored))), late]);
    return next as T;
  } finally {
    clearTimeout(timer);
  }
}

const NAME = 'latchkey';
const STORE = 'refresh-keys';

/** The value of one API. A database is opened for each update, because an open one can keep a page out of the back-forward cache. */
export function indexedDbKeyStore(api: string): KeyStore {
  return {
    update: (change) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open(NAME, 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
        opening.onerror = reject;
        opening.onsuccess = () => {
          const database = opening.result;
          try {
            const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
            const store = transaction.objectStore(STORE);
            const reading = store.get(api);
            reading.onsuccess = () => {
              try {
                const next = change(reading.result);
                if (next !== reading.result) store.put(next, api);
              } catch {
                // For example, a browser may be unable to store a cryptographic key.
                transaction.abort();
              }
            };
            transaction.oncomplete = () => resolve();
            transaction.onabort = reject;
          } catch (error) {
            reject(error);
          } finally {
            // Closes after the transaction.
            database.close();
          }
        };
      }),
  };
}
