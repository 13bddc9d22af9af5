/**
 * How does a client show, also after a crash, that it made a refresh itself? It draws a random key, stores it, and sends it with the
 * request. A client that cannot store its keys sends none, because a key that may be forgotten proves nothing later.
 */

import { beginRefresh, beginSignIn, endAttempt, parseRecord, type KeyRecord } from './key-record.js';
import { updateStored, type KeyStore } from './key-store.js';

/** The keys of an attempt: its own, and those of the attempts before. Empty, if they could not be stored. */
export type AttemptKeys = readonly string[];

export interface RefreshKeys {
  /** Stores that a refresh begins; `knownSince` is when this tab last received a token or the status. */
  begin(knownSince: number): Promise<AttemptKeys>;
  beginSignIn(): Promise<AttemptKeys>;
  /** The stored keys, for a request that ends the session: with an older token they show that it is no thief's. */
  stored(): Promise<AttemptKeys>;
  /** A response has granted tokens. Nothing waits for this write: without it the key is sent once more. */
  complete(keys: AttemptKeys): void;
  /** The server responded that it has rotated with a later key. */
  close(keys: AttemptKeys): void;
}

/** The header that carries the key of a request. */
export function keyHeader([key]: AttemptKeys): Record<string, string> | undefined {
  return key === undefined ? undefined : { 'idempotency-key': key };
}

/** The member of a body with the newest two of these keys; nothing without keys. */
export function previousKeys(keys: AttemptKeys): { readonly previous_keys?: AttemptKeys } {
  return keys.length > 0 ? { previous_keys: keys.slice(0, 2) } : {};
}

export function createRefreshKeys(store: KeyStore): RefreshKeys {
  /** Changes the record, and returns its keys; none if that failed, which may pass. */
  const update = async (change: (record: KeyRecord | undefined, newKey: string) => KeyRecord): Promise<AttemptKeys> => {
    try {
      const key = randomKey();
      return (await updateStored(store, (stored) => change(parseRecord(stored), key))).keys;
    } catch {
      return [];
    }
  };
  const end = (keys: AttemptKeys, doneAt: number): void => {
    if (keys.length > 0) void update((record) => endAttempt(record, keys, doneAt));
  };

  return {
    begin: (knownSince) => update((record, key) => beginRefresh(record, key, knownSince, Date.now())),
    beginSignIn: () => update(beginSignIn),
    stored: () => update((record) => record ?? { keys: [], doneAt: 0 }),
    complete: (keys) => end(keys, Date.now()),
    close: (keys) => end(keys, 0),
  };
}

/** 26 characters with 5 random bits each. Throws where there is no source of randomness. */
export function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(26))].map((byte) => (byte % 32).toString(32)).join('');
}
