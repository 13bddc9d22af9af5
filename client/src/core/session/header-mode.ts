/** How does an app without cookies keep its tokens? Cookie mode does not load this file. */

import type { TokenMode, Tokens } from '../token-store.js';

/** A storage of the app's own, for one string. */
export interface TokenStorage {
  get(): string | null;
  set(value: string): void;
  remove(): void;
}

/** The options of `headerMode`. */
export interface HeaderModeOptions {
  /** Origins, besides the API's own, that may receive the access token. Default: none. */
  readonly apiOrigins?: readonly string[];
  /** Default `memory`: a reload needs another tab, or a new sign-in. */
  readonly storage?: 'memory' | 'session' | 'local' | TokenStorage;
}

const STORAGE_KEY = 'latchkey';

/**
 * Sends tokens in headers and bodies, for an API on another site, because its cookies would be third-party cookies.
 *
 * *Cost*: a script injected into the page can read the refresh token, in memory as well as in a storage.
 *
 * ```ts
 * createLatchkey({ baseUrl: 'https://api.example.com/api/auth', mode: headerMode({ storage: 'session' }) });
 * ```
 */
export function headerMode({ apiOrigins = [], storage = 'memory' }: HeaderModeOptions = {}): TokenMode {
  return () => {
    const tokenStorage = typeof storage === 'object' ? storage : storage === 'memory' ? memoryStorage() : webStorage(storage);
    return {
      origins: apiOrigins,
      get: () => parseTokens(() => tokenStorage.get()),
      set: (tokens) => tokenStorage.set(JSON.stringify(tokens)),
      remove: () => tokenStorage.remove(),
    };
  };
}

function memoryStorage(): TokenStorage {
  let value: string | null = null;
  return {
    get: () => value,
    set: (next) => {
      value = next;
    },
    remove: () => {
      value = null;
    },
  };
}

function webStorage(kind: 'session' | 'local'): TokenStorage {
  // Looked up for each call: where storage is blocked, the property itself throws, and the page must still load.
  const area = (): Storage => globalThis[`${kind}Storage`];
  return {
    get: () => area().getItem(STORAGE_KEY),
    set: (value) => area().setItem(STORAGE_KEY, value),
    remove: () => area().removeItem(STORAGE_KEY),
  };
}

function parseTokens(read: () => string | null): Tokens | null {
  try {
    const { access, refresh } = JSON.parse(read() ?? '') as Record<string, unknown>;
    return isToken(access) && isToken(refresh) ? { access, refresh } : null;
  } catch {
    return null;
  }
}

/** Rejects what `Headers` would reject, because the error of `Headers` quotes the value. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value);
}
