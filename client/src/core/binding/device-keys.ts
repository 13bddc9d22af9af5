/**
 * Which key does this browser hold? A private key that no script can export, in IndexedDB, and therefore the same one for all tabs.
 *
 * A storage that fails is not a lost key: calls reject, and a later call may succeed.
 */

import { indexedDbKeyStore, updateStored } from '../refresh-keys/key-store.js';

/** A key, with its public half as proofs contain it. Apps without the types of a browser must compile these types. */
export interface DeviceKey {
  /** A `CryptoKey`. */
  readonly privateKey: object;
  readonly jwk: { readonly [Member in 'kty' | 'crv' | 'x' | 'y']?: string | undefined };
}

interface StoredKey extends DeviceKey {
  /** Whether its session has ended. The next sign-in gets another key, because one key of two users would link them. */
  readonly isRetired?: boolean;
}

export interface DeviceKeys {
  /** The key of a sign-in. A repeated sign-in gets the same key, because its first response may have been lost. */
  forSignIn(): Promise<DeviceKey>;
  /** The key of a session; `null` if the browser has none. */
  find(sessionId: string | null): Promise<DeviceKey | null>;
  /** The session has ended. */
  retire(): void;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };

/** The keys for one API, a separate value beside those of refreshes. */
export function createDeviceKeys(api: string): DeviceKeys {
  const store = indexedDbKeyStore(`device-key:${api}`);
  /** The key of a session never changes, so that not every request reads the storage. */
  let known: { readonly sessionId: string; readonly key: DeviceKey } | undefined;
  let retiring: Promise<unknown> = Promise.resolve();

  return {
    async forSignIn() {
      known = undefined;
      await retiring;
      const fresh = await createKey();
      return updateStored(store, (stored) => (isKey(stored) && !stored.isRetired ? stored : fresh));
    },
    async find(sessionId) {
      if (known && known.sessionId === sessionId) return known.key;
      const stored = await updateStored(store, (value) => value);
      if (!isKey(stored)) return null;
      known = sessionId === null ? undefined : { sessionId, key: stored };
      return stored;
    },
    retire() {
      const retired = updateStored(store, (stored) => (isKey(stored) && !stored.isRetired ? { ...stored, isRetired: true } : stored));
      retiring = retired.catch(() => undefined);
    },
  };
}

async function createKey(): Promise<StoredKey> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return { privateKey, jwk: { kty, crv, x, y } } as StoredKey;
}

/** A damaged value is no key. */
function isKey(stored: unknown): stored is StoredKey {
  const { privateKey, jwk } = Object(stored) as Partial<StoredKey>;
  return privateKey instanceof CryptoKey && typeof jwk?.x === 'string';
}
