/** How does an app without cookies keep its tokens? Cookie mode does not load this file. */

import type { TokenMode, Tokens } from '../token-store.js';
import { callApp } from '../util/call-app.js';
import { appKeyStore, type RefreshKeyStorage } from './app-key-store.js';

/** A storage of the app's own, for one string. It may be asynchronous, as in React Native; it is then read once. */
export interface TokenStorage {
  get(): string | null | Promise<string | null>;
  set(value: string): void | Promise<void>;
  remove(): void | Promise<void>;
}

/** The options of `headerMode`. */
export interface HeaderModeOptions {
  /** Origins, besides the API's own, that may receive the access token. Default: none. */
  readonly apiOrigins?: readonly string[];
  /** Default `memory`: a reload needs another tab, or a new sign-in. */
  readonly storage?: 'memory' | 'session' | 'local' | TokenStorage;
  /**
   * Where the keys of refreshes are kept on a platform without IndexedDB, such as React Native. They are no tokens: they show
   * the server that a repeated refresh comes from the same client. Default: IndexedDB; without it no keys are sent.
   */
  readonly keyStorage?: RefreshKeyStorage;
}

/**
 * Sends tokens in headers and bodies, for an API on another site, because its cookies would be third-party cookies.
 *
 * *Cost*: a script injected into the page can read the refresh token, in memory as well as in a storage.
 *
 * ```ts
 * createLatchkey({ baseUrl: 'https://api.example.com/api/auth', mode: headerMode({ storage: 'session' }) });
 * ```
 */
export function headerMode({ apiOrigins = [], storage = 'memory', keyStorage }: HeaderModeOptions = {}): TokenMode {
  return (api) => {
    const { ready, read, write } = bufferedStorage(
      typeof storage === 'object' ? storage : storage === 'memory' ? memoryStorage() : webStorage(storage, `latchkey:${api}`),
    );
    return {
      origins: apiOrigins,
      ready,
      get: () => parseTokens(read()),
      set: (tokens) => write(JSON.stringify(tokens)),
      remove: () => write(null),
      keyStore: keyStorage && appKeyStore(keyStorage),
    };
  };
}

interface BufferedStorage {
  ready(): Promise<void>;
  read(): string | null;
  write(value: string | null): void;
}

/** Reads a storage without waiting. If the storage is asynchronous or fails, the value is kept in memory as well. */
function bufferedStorage(storage: TokenStorage): BufferedStorage {
  /** `undefined` as long as the storage itself is read, because another tab may have changed it. */
  let kept: string | null | undefined;
  let isWritten = false;
  let loading: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();

  const read = (): string | null => {
    if (kept !== undefined) return kept;
    try {
      const value = storage.get();
      if (!isPromise(value)) return value;
      kept = null;
      loading = callApp(async () => {
        const stored = await value;
        if (!isWritten) kept = stored;
      });
    } catch {
      // A storage that is blocked has no tokens.
    }
    return null;
  };
  const write = (value: string | null): void => {
    isWritten = true;
    const send = (): void | Promise<void> => (value === null ? storage.remove() : storage.set(value));
    if (kept === undefined) {
      try {
        const sent = send();
        if (!isPromise(sent)) return;
        writing = callApp(() => sent);
      } catch (error) {
        console.error(error);
      }
    }
    // An asynchronous storage gets one write after the other, so that an older one is never the last.
    else writing = writing.then(() => callApp(send));
    kept = value;
  };
  return {
    async ready() {
      read();
      await loading;
    },
    read,
    write,
  };
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null | undefined)?.then === 'function';
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

function webStorage(kind: 'session' | 'local', key: string): TokenStorage {
  // Looked up for each call: where storage is blocked, the property itself throws, and the page must still load.
  const area = (): Storage => globalThis[`${kind}Storage`];
  return {
    get: () => area().getItem(key),
    set: (value) => area().setItem(key, value),
    remove: () => area().removeItem(key),
  };
}

function parseTokens(text: string | null): Tokens | null {
  try {
    const { access, refresh, isBound } = JSON.parse(text ?? '') as Record<string, unknown>;
    return isToken(access) && isToken(refresh) ? { access, refresh, isBound: isBound === true } : null;
  } catch {
    return null;
  }
}

/** Rejects what `Headers` would reject, because the error of `Headers` quotes the value. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value);
}
