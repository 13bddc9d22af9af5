/** Which keys of a set can verify an access token? Only public EC P-256, Ed25519 and RSA keys. */

import { createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose';

/** The accepted algorithms. HMAC is not among them, so that a public key never serves as a shared secret (RFC 8725, 2.1). */
export const ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const;

/** Finds the one key that fits a header's `kid` and `alg`; rejects if there is none, or more than one. */
export type FindKey = ReturnType<typeof createLocalJWKSet>;

/**
 * The keys of a JSON Web Key Set that can verify an access token; other entries are ignored.
 *
 * @throws {TypeError} The set has no such key.
 */
export function publicKeys(jwks: unknown): FindKey {
  const entries: unknown = isObject(jwks) ? jwks['keys'] : undefined;
  const keys = Array.isArray(entries) ? entries.flatMap((entry: unknown) => verificationKey(entry) ?? []) : [];
  if (keys.length === 0) {
    throw new TypeError('expected a JSON Web Key Set with an EC P-256, RSA or Ed25519 key');
  }
  return createLocalJWKSet({ keys } satisfies JSONWebKeySet);
}

/** Copies the public members of one entry from an allow list, so that no private one is kept. The key decides the algorithm. */
function verificationKey(entry: unknown): JWK | undefined {
  if (!isObject(entry)) return undefined;
  const { kty, crv, x, y, n, e, kid, alg, use, key_ops: operations } = entry;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  const common = { use: 'sig', ...(typeof kid === 'string' && { kid }) };
  const key = publicMembers();
  return key && (alg === undefined || alg === key.alg) ? key : undefined;

  function publicMembers(): JWK | undefined {
    if (kty === 'EC' && crv === 'P-256' && isString(x) && isString(y)) return { ...common, kty, crv, x, y, alg: 'ES256' };
    if (kty === 'OKP' && crv === 'Ed25519' && isString(x)) return { ...common, kty, crv, x, alg: 'EdDSA' };
    if (kty === 'RSA' && isString(n) && isString(e)) return { ...common, kty, n, e, alg: 'RS256' };
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
