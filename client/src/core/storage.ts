/** Where are header mode's tokens? In memory, unless the app chose otherwise; in cookie mode there are none to see. */

import type { LatchkeyOptions, TokenStorage } from './types.js';

/** The two tokens of header mode. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

/** What holds them. */
export interface TokenStore {
  get(): Tokens | null;
  set(tokens: Tokens): void;
  remove(): void;
}

const KEY = 'latchkey';

/**
 * The store that the app chose.
 *
 * *Cost*: a script injected into the page can take a refresh token that it can read, and any storage can be read.
 */
export function tokenStore(choice: LatchkeyOptions['storage'] = 'memory'): TokenStore {
  const kept = typeof choice === 'object' ? choice : choice === 'memory' ? memory() : web(choice);
  return {
    get: () => parse(() => kept.get()),
    set: (tokens) => kept.set(JSON.stringify(tokens)),
    remove: () => kept.remove(),
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
