/** The server's side of DPoP for the fake API: what a proof contains, verified with `jose`, and the nonces and clock of the server. */

import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { problem } from './fake-server.js';

export interface ReadProof {
  readonly thumbprint: string;
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath?: string;
  readonly nonce?: string;
}

/** Throws if the signature is not that of the key in the header, or if the header has more than a public key. */
export async function readProof(proof: string): Promise<ReadProof> {
  // The clock of the client may be wrong on purpose, so that `iat` is checked elsewhere.
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] });
  const { jwk = {}, ...header } = protectedHeader;
  if (Object.keys(header).sort().join() !== 'alg,typ' || Object.keys(jwk).sort().join() !== 'crv,kty,x,y') throw new Error('the header has more members');
  return { ...(payload as unknown as ReadProof), thumbprint: await calculateJwkThumbprint(jwk) };
}

/** The demands of the fake server on proofs. */
export class FakeDpop {
  /** Whether sign-ins with a proof are bound. */
  binds = false;
  /** Each request with a proof must have this nonce. */
  nonce: string | null = null;
  /** Milliseconds by which the server's clock is ahead. */
  ahead = 0;
  readonly thumbprints = new Map<string, string>();
  readonly seen = new Set<string>();

  /** The key that proves this request; a refusal if the proof is not valid. */
  async check(headers: Headers, method: string, url: URL, accessToken: string | undefined): Promise<string | Response | null> {
    const header = headers.get('dpop');
    if (!this.binds || header === null) return null;
    const status = accessToken === undefined ? 400 : 401;
    const proof = await readProof(header);
    const isFor = proof.htm === method && proof.htu === url.origin + url.pathname;
    const hasToken = accessToken === undefined || proof.ath === createHash('sha256').update(accessToken).digest('base64url');
    if (!isFor || !hasToken || this.seen.has(proof.jti)) return this.answer(problem(status, 'invalid_dpop_proof'));
    this.seen.add(proof.jti);
    const isOnTime = Math.abs(proof.iat * 1000 - Date.now() - this.ahead) <= 60_000;
    if (!isOnTime || (this.nonce !== null && proof.nonce !== this.nonce)) return this.answer(problem(status, 'use_dpop_nonce'));
    return proof.thumbprint;
  }

  /** Adds the headers of the server to a response. */
  answer(response: Response): Response {
    if (!this.binds) return response;
    response.headers.set('date', new Date(Date.now() + this.ahead).toUTCString());
    if (this.nonce !== null) response.headers.set('dpop-nonce', this.nonce);
    return response;
  }
}
