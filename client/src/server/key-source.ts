/** Where do the keys come from? From the issuer, from another URL, or from a set at hand. */

import { type CompactJWSHeaderParameters, type CryptoKey, type JSONWebKeySet } from 'jose';
import { publicKeys } from './public-keys.js';
import { RemoteKeys, type Fetch } from './remote-keys.js';
import { trustedUrl, underIssuer } from './trusted-url.js';

/** Finds the key of a token by its header. */
export type FindKeyOf = (header: CompactJWSHeaderParameters) => Promise<CryptoKey>;

/** Which keys are taken. */
export interface KeyOptions {
  /** `LATCHKEY_ISSUER`: the URL under which the API is, such as `https://app.example.com/api/auth`. */
  readonly issuer: string;
  /** Where the public keys are: a URL, or the set itself. Default: the issuer's `/.well-known/jwks.json`. */
  readonly jwks?: string | URL | JSONWebKeySet | undefined;
  /** Default: the global `fetch`. Fetched keys are kept for each function, so pass the same one every time. */
  readonly fetch?: Fetch | undefined;
}

/** Every caller with the same URL shares one set, so that a check a request is not a fetch a request. */
const remote = new WeakMap<Fetch, Map<string, RemoteKeys>>();
const inline = new WeakMap<JSONWebKeySet, FindKeyOf>();

/**
 * The way to the keys; nothing is fetched yet.
 *
 * @throws {TypeError} The URL is not https, or the set has no key that can verify.
 */
export function keySource({ issuer, jwks, fetch = globalThis.fetch }: KeyOptions): FindKeyOf {
  if (typeof jwks === 'object' && !(jwks instanceof URL)) {
    return remembered(inline, jwks, () => publicKeys(jwks));
  }
  const url = jwks === undefined ? underIssuer(issuer, '.well-known/jwks.json') : trustedUrl(jwks, 'jwks');
  const sets = remembered(remote, fetch, () => new Map<string, RemoteKeys>());
  const keys = remembered(sets, url.href, () => new RemoteKeys(url, fetch));
  return (header) => keys.find(header);
}

interface Memory<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

function remembered<K, V>(map: Memory<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
