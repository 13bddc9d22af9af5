/** The guard's verifier against the vectors that all implementations share. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseBaseUrl } from '../../src/server/dpop/http-uri.js';
import { verifyProof } from '../../src/server/dpop/proof.js';
import { createSeenProofs } from '../../src/server/dpop/seen-proofs.js';
import { DpopProofError, type ProofRejection } from '../../src/server/errors.js';
import { createTokenValidationMiddleware } from '../../src/server/index.js';

interface Vector {
  readonly name: string;
  readonly headers: readonly string[];
  readonly method: string;
  readonly path: string;
  readonly origins: readonly string[];
  readonly access_token: string | null;
  readonly thumbprint: string | null;
  readonly nonce: 'none' | 'required';
  readonly seen: readonly string[];
  readonly result: 'accepted' | 'missing' | 'invalid' | 'use_nonce' | 'repeated' | 'wrong_key';
  readonly because: string;
}

const { now, access_tokens, vectors } = JSON.parse(readFileSync(new URL('../../../verifier/vectors/dpop.json', import.meta.url), 'utf8')) as {
  readonly now: number;
  readonly access_tokens: { readonly issuer: string; readonly audience: string; readonly jwks: { readonly keys: [] } };
  readonly vectors: readonly Vector[];
};

/** A row without a bound key is a sign-in. The guard has none, so it expects the key that all other rows expect. */
const [owner = ''] = vectors.flatMap(({ thumbprint }) => thumbprint ?? []);

const RESULTS: Partial<Record<ProofRejection, Vector['result']>> = { missing: 'missing', key: 'wrong_key', time: 'use_nonce', repeated: 'repeated' };

async function rejectionOf({ headers, thumbprint, access_token, seen, origins, ...request }: Vector): Promise<ProofRejection | undefined> {
  const seenProofs = createSeenProofs();
  for (const jti of seen) seenProofs.add(`${thumbprint ?? owner}.${jti}`, now + 60, now);
  const bases = origins.map((origin) => parseBaseUrl(origin, 'origins'));
  const expected = { ...request, bases, thumbprint: thumbprint ?? owner, accessToken: access_token, now, seen: seenProofs };
  try {
    await verifyProof(headers, expected);
    return undefined;
  } catch (error) {
    if (!(error instanceof DpopProofError)) throw error;
    return error.reason;
  }
}

async function resultOf(vector: Vector): Promise<Vector['result']> {
  const reason = await rejectionOf(vector);
  return reason === undefined ? 'accepted' : (RESULTS[reason] ?? 'invalid');
}

/** The guard issues no nonces, so it reaches another result only where a nonce is the only fault. */
const applies = ({ nonce, result, name }: Vector): boolean => nonce === 'none' || result !== 'use_nonce' || name.startsWith('iat');

describe('every vector has its result', () => {
  test.each(vectors.filter(applies))('$name', async (vector) => {
    expect(await resultOf(vector), vector.because).toBe(vector.result);
  });
});

const CODES: Partial<Record<Vector['result'], string>> = { accepted: 'accepted', missing: 'device_proof_required' };

describe('the guard agrees for whole requests', () => {
  test.each(vectors.filter(({ access_token }) => access_token !== null))('$name', async (vector) => {
    const { method, path, origins, result, seen } = vector;
    const guard = createTokenValidationMiddleware({ ...access_tokens, publicUrls: origins, now: () => now * 1000 });
    const route = guard.handler(() => Response.json({ code: 'accepted' }));
    const codeOf = async (scheme: string): Promise<unknown> => {
      const headers = new Headers({ authorization: `${scheme} ${vector.access_token}` });
      for (const proof of vector.headers) headers.append('dpop', proof);
      const response = await route(new Request(`${origins[0]}${path}`, { method, headers }));
      return ((await response.json()) as { code?: string }).code;
    };
    if (seen.length > 0) expect(await codeOf('DPoP'), 'the first use').toBe('accepted');
    expect(await codeOf('DPoP'), vector.because).toBe(CODES[result] ?? 'invalid_dpop_proof');
    expect(await codeOf('Bearer'), 'a bound token is refused as Bearer').toBe('device_proof_required');
  });
});

test('a refusal names the check that failed', async () => {
  const reasons = await Promise.all(vectors.map(async (vector) => [vector.name, await rejectionOf(vector)]));
  expect(Object.fromEntries(reasons)).toMatchObject({
    RS256: 'algorithm',
    crit: 'algorithm',
    'the typ of other tokens': 'type',
    'two headers': 'malformed',
    'jwk with the private part': 'public_key',
    'a signature in DER': 'signature',
    'a huge jti': 'claims',
    'htu with a trailing slash': 'url',
  });
});

test('the vectors are many, and none of them is left out by accident', () => {
  expect(vectors.length).toBeGreaterThan(100);
  expect(vectors.filter((vector) => !applies(vector)).map(({ name }) => name)).toEqual([
    'no nonce where one is required',
    'a stale nonce',
    'the nonce of another server',
  ]);
});

describe('the memory of proofs', () => {
  test('refuses a second use until the proof has expired', () => {
    const seen = createSeenProofs();
    expect([seen.add('a', 160, 100), seen.add('a', 160, 160), seen.add('a', 221, 161)]).toEqual([true, false, true]);
  });

  test('is bounded, and forgets the oldest first', () => {
    const seen = createSeenProofs(2);
    for (const name of ['a', 'b', 'c']) expect(seen.add(name, 160, 100)).toBe(true);
    expect([seen.add('c', 160, 100), seen.add('b', 160, 100), seen.add('a', 160, 100)]).toEqual([false, false, true]);
  });
});
