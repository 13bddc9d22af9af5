/** Where are the tokens of header mode kept? In cookie mode no script sees a token, so there is no token store. */

import type { KeyStore } from './refresh-keys/key-store.js';

/** The two tokens of header mode. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  /** Whether each use of the access token needs a proof of the key. */
  readonly isBound?: boolean | undefined;
}

/** Reads and writes the tokens of one client. */
export interface TokenStore {
  /** Origins, besides the API's own, that may receive the access token. */
  readonly origins: readonly string[];
  /** Resolves once an asynchronous storage has been read. */
  ready(): Promise<void>;
  get(): Tokens | null;
  set(tokens: Tokens): void;
  remove(): void;
  /** Where the keys of refreshes are kept, if not in IndexedDB. */
  readonly keyStore?: KeyStore | undefined;
}

/** How the tokens travel, if not in cookies. `headerMode()` makes one, for the option `mode` of `createLatchkey`. */
export type TokenMode = (api: string) => TokenStore;
