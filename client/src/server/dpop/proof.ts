/**
 * Does a request come from the holder of a key? Verifies the proof in its header `DPoP`, without I/O. The crate
 * `latchkey-verifier` verifies the same, and `verifier/vectors/dpop.json` has the cases for both.
 *
 * *Source*: RFC 9449 section 4.3.
 */

import { base64url, calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { DpopProofError } from '../errors.js';
import { isSafeMethod } from '../request-head.js';
import { isSameUri, type BaseUrl } from './http-uri.js';
import type { SeenProofs } from './seen-proofs.js';

/** The request that a proof must be for. */
export interface ExpectedProof {
  readonly method: string;
  /** The configured URLs of this service; never the host that the request names, because a caller chooses that one. */
  readonly bases: readonly BaseUrl[];
  /** The path, with or without a query. */
  readonly path: string;
  /** `null` for an endpoint that takes no access token. */
  readonly accessToken: string | null;
  /** The thumbprint of the key that the access token is bound to. */
  readonly thumbprint: string;
  /** Seconds since 1970. */
  readonly now: number;
  readonly seen: SeenProofs;
}

/** The public half of a P-256 key. */
interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

interface ProofClaims {
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  readonly iat: number;
  readonly ath: string | undefined;
}

const LONGEST_HEADER = 4_096;
const LONGEST_JTI = 64;
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** 32 bytes as base64url. */
const COORDINATE = /^[\w-]{43}$/;
/** The private members of RFC 7518 section 6. A header with one of them has given its key away. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** Seconds by which the clocks of client and server may differ. */
const PROOF_LEEWAY_SECONDS = 60;

/**
 * Verifies the one proof among `headers`, the values of the header `DPoP`. The proof of an unsafe method is remembered.
 *
 * @throws {DpopProofError} There is no proof, or it is not valid for this request.
 */
export async function verifyProof(headers: readonly string[], expected: ExpectedProof): Promise<void> {
  const [proof, ...others] = headers;
  if (proof === undefined) throw new DpopProofError('missing');
  if (others.length > 0 || proof.length > LONGEST_HEADER || !COMPACT_JWS.test(proof)) throw new DpopProofError('malformed');
  const jwk = readKey(proof);
  const claims = await readClaims(proof, jwk);
  if (claims.htm !== expected.method) throw new DpopProofError('method');
  if (!isSameUri(claims.htu, expected.bases, expected.path)) throw new DpopProofError('url');
  if (expected.accessToken !== null && claims.ath !== (await sha256(expected.accessToken))) throw new DpopProofError('access_token');
  if ((await calculateJwkThumbprint({ ...jwk })) !== expected.thumbprint) throw new DpopProofError('key');
  if (!(Math.abs(claims.iat - expected.now) <= PROOF_LEEWAY_SECONDS)) throw new DpopProofError('time');
  if (isSafeMethod(expected.method)) return;
  // The key is part of the name, so that no client can use up the identifiers of another one.
  const name = `${expected.thumbprint}.${claims.jti}`;
  if (!expected.seen.add(name, claims.iat + PROOF_LEEWAY_SECONDS, expected.now)) throw new DpopProofError('repeated');
}

/** Checks the header, and returns the key in it: only its public members, from an allow list. */
function readKey(proof: string): PublicJwk {
  const { typ, alg, crit, jwk } = orMalformed(() => decodeProtectedHeader(proof)) as Record<string, unknown>;
  if (typ !== 'dpop+jwt') throw new DpopProofError('type');
  if (alg !== 'ES256' || crit !== undefined) throw new DpopProofError('algorithm');
  const members = Object(jwk) as Record<string, unknown>;
  const { kty, crv, x, y } = members;
  const isPublic = !PRIVATE_MEMBERS.some((member) => Object.hasOwn(members, member));
  if (!isPublic || kty !== 'EC' || crv !== 'P-256' || !isCoordinate(x) || !isCoordinate(y)) throw new DpopProofError('public_key');
  return { kty, crv, x, y };
}

async function readClaims(proof: string, jwk: PublicJwk): Promise<ProofClaims> {
  const key = await importJWK({ ...jwk }, 'ES256').catch(rejectWith('public_key'));
  const { payload } = await compactVerify(proof, key, { algorithms: ['ES256'] }).catch(rejectWith('signature'));
  const text = orMalformed(() => new TextDecoder('utf-8', { fatal: true }).decode(payload));
  const { jti, htm, htu, iat, ath, nonce } = Object(orMalformed(() => JSON.parse(text) as unknown)) as Record<string, unknown>;
  const areText = isText(jti) && isText(htm) && isText(htu) && [ath, nonce].every((value) => value === undefined || isText(value));
  if (!areText || [...jti].length > LONGEST_JTI || jti === '' || !Number.isFinite(iat)) throw new DpopProofError('claims');
  return { jti, htm, htu, iat: iat as number, ath: ath as string | undefined };
}

async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

function orMalformed<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new DpopProofError('malformed');
  }
}

function rejectWith(reason: 'public_key' | 'signature'): () => never {
  return () => {
    throw new DpopProofError(reason);
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCoordinate(value: unknown): value is string {
  return isText(value) && COORDINATE.test(value);
}
