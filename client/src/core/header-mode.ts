/** Where are header mode's tokens, and who may see them? In cookie mode there are none to see, and none of this is loaded. */

/** The two tokens of header mode. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

/** What holds them. */
export interface TokenStore {
  /** Origins, besides the API's, that may receive the access token. */
  readonly origins: readonly string[];
  get(): Tokens | null;
  set(tokens: Tokens): void;
  remove(): void;
}

/** Where an app keeps them. */
export interface TokenStorage {
  get(): string | null;
  set(value: string): void;
  remove(): void;
}

/** What header mode can be told. */
export interface HeaderModeOptions {
  /** Origins, besides the API's, that may receive the access token. Default none. */
  readonly apiOrigins?: readonly string[];
  /** Default `memory`. */
  readonly storage?: 'memory' | 'session' | 'local' | TokenStorage;
}

/** Made by `headerMode`, for `createLatchkey`. */
export type Mode = () => TokenStore;

const KEY = 'latchkey';

/**
 * For an API on another site, whose cookies would be third-party: tokens go in headers and bodies.
 *
 * *Cost*: a script injected into the page can take a refresh token that it can read, and any storage can be read.
 *
 * ```ts
 * createLatchkey({ baseUrl: 'https://api.example.com/api/auth', mode: headerMode({ storage: 'session' }) });
 * ```
 */
export function headerMode({ apiOrigins = [], storage = 'memory' }: HeaderModeOptions = {}): Mode {
  return () => {
    const kept = typeof storage === 'object' ? storage : storage === 'memory' ? memory() : web(storage);
    return {
      origins: apiOrigins,
      get: () => parse(() => kept.get()),
      set: (tokens) => kept.set(JSON.stringify(tokens)),
      remove: () => kept.remove(),
    };
  };
}

function memory(): TokenStorage {
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

function web(kind: 'session' | 'local'): TokenStorage {
  // Looked up late: a page that may not store throws at the mere mention, and must still load.
  const area = (): Storage => globalThis[`${kind}Storage`];
  return {
    get: () => area().getItem(KEY),
    set: (value) => area().setItem(KEY, value),
    remove: () => area().removeItem(KEY),
  };
}

function parse(read: () => string | null): Tokens | null {
  try {
    const { access, refresh } = JSON.parse(read() ?? '') as Record<string, unknown>;
    return isToken(access) && isToken(refresh) ? { access, refresh } : null;
  } catch {
    return null;
  }
}

/** What is not one would be quoted by the error that `Headers` throws. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value);
}
