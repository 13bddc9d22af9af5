/** Where do the keys come from? From the issuer, from another URL, or from a set that the app passes. */

import { type CompactJWSHeaderParameters, type CryptoKey, type JSONWebKeySet } from 'jose';
import { publicKeys } from './public-keys.js';
import { RemoteKeys, type Fetch } from './remote-keys.js';
import { trustedUrl, underIssuer } from './trusted-url.js';

/** Finds the key of a token by the token's header. */
export type FindKeyByHeader = (header: CompactJWSHeaderParameters) => Promise<CryptoKey>;

/** Which keys are accepted. */
export interface KeyOptions {
  /** `LATCHKEY_ISSUER`: the URL of the API, such as `https://app.example.com/api/auth`. */
  readonly issuer: string;
  /** The URL of the public keys, or the set itself. Default: the issuer's `/.well-known/jwks.json`. */
  readonly jwks?: string | URL | JSONWebKeySet | undefined;
  /** Default: the global `fetch`. Keys are cached for each function, so pass the same one every time. */
  readonly fetch?: Fetch | undefined;
}

/** Callers with the same URL share one set, so that not every request fetches the keys. */
const remote = new WeakMap<Fetch, Map<string, RemoteKeys>>();
const inline = new WeakMap<JSONWebKeySet, FindKeyByHeader>();

/**
 * Returns the function that finds keys, the same one for the same keys. It fetches them when it is first called.
 *
 * @throws {TypeError} The URL is not https, or the set has no key that can verify a token.
 */
export function keySource({ issuer, jwks, fetch = globalThis.fetch }: KeyOptions): FindKeyByHeader {
  if (typeof jwks === 'object' && !(jwks instanceof URL)) {
    return getOrCreate(inline, jwks, () => publicKeys(jwks));
  }
  const url = jwks === undefined ? underIssuer(issuer, '.well-known/jwks.json') : trustedUrl(jwks, 'jwks');
  const sets = getOrCreate(remote, fetch, () => new Map<string, RemoteKeys>());
  return getOrCreate(sets, url.href, () => new RemoteKeys(url, fetch)).find;
}

/** The part of a `Map` or a `WeakMap` that {@link getOrCreate} needs. */
interface Cache<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

/** The value of a key, created at the first use. */
export function getOrCreate<K, V>(cache: Cache<K, V>, key: K, create: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = create();
  cache.set(key, value);
  return value;
}
