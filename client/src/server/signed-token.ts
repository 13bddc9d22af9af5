/** Did one of the issuer's keys sign this compact JWS (RFC 7515), and is it of the expected type? */

import { compactVerify, decodeProtectedHeader, type CompactJWSHeaderParameters, type ProtectedHeaderParameters } from 'jose';
import { AccessTokenError, VerificationUnavailableError } from './errors.js';
import type { FindKeyByHeader } from './key-source.js';
import { ALGORITHMS } from './public-keys.js';

const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The size and the type that a JWS may have. */
export interface ExpectedToken {
  /** Longer ones are rejected unread. */
  readonly maxLength: number;
  /** The `typ` of the header. */
  readonly typ: RegExp;
}

/**
 * The payload of a JWS whose signature is verified.
 *
 * @throws {AccessTokenError} The text is not such a JWS.
 * @throws {VerificationUnavailableError} The keys are not available.
 */
export async function signedPayload(token: unknown, expected: ExpectedToken, findKey: FindKeyByHeader): Promise<Uint8Array> {
  if (typeof token !== 'string' || token.length > expected.maxLength || !COMPACT_JWS.test(token)) throw new AccessTokenError('malformed');
  const key = await findKey(parseHeader(token, expected.typ)).catch(rejectWith('no_key'));
  const { payload } = await compactVerify(token, key, { algorithms: [...ALGORITHMS] }).catch(rejectWith('signature'));
  return payload;
}

/** Checks the header before any key is fetched. Keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are ignored, `crit` is rejected. */
function parseHeader(token: string, expectedType: RegExp): CompactJWSHeaderParameters {
  const { alg, typ, kid, crit } = decodeHeader(token);
  if (crit !== undefined) throw new AccessTokenError('critical_header');
  if (!ALGORITHMS.some((allowed) => allowed === alg)) throw new AccessTokenError('algorithm');
  if (typeof typ !== 'string' || !expectedType.test(typ)) throw new AccessTokenError('type');
  return { alg: alg as string, ...(kid !== undefined && { kid }) };
}

function decodeHeader(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new AccessTokenError('malformed');
  }
}

/** Turns the errors of `jose` into one rejection; a {@link VerificationUnavailableError} passes unchanged. */
function rejectWith(reason: 'no_key' | 'signature'): (error: unknown) => never {
  return (error) => {
    throw error instanceof VerificationUnavailableError ? error : new AccessTokenError(reason);
  };
}
