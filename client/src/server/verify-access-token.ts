/** Is this access token good? Offline: no call but for the keys, and an ended session is not noticed. */

import { compactVerify, decodeProtectedHeader, type CompactJWSHeaderParameters, type ProtectedHeaderParameters } from 'jose';
import { accessTokenClaims, type AccessTokenClaims, type Expected } from './claims.js';
import { AccessTokenError, CannotTellError } from './errors.js';
import { keySource, type FindKeyOf, type KeyOptions } from './key-source.js';
import { ALGORITHMS } from './public-keys.js';

/** Whose tokens are taken, for whom they must be, and with which keys they are checked. */
export interface VerifyOptions extends KeyOptions {
  /** `LATCHKEY_AUDIENCE`: for whom the tokens are, byte for byte. */
  readonly audience: string;
}

/** The longest token that is looked at; twice a cookie. */
const TOKEN_MAX_LENGTH = 8_192;

const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Verifies an access token: algorithm, `typ`, signature, issuer, audience, the claims of RFC 9068 and time.
 *
 * A token of a session that has ended stays good until its `exp`, an hour at most: see `strict` of
 * `createTokenValidationMiddleware`. The keys are fetched once for all callers, kept for 5 minutes and, on an
 * unknown `kid`, fetched again at most every 10 seconds.
 *
 * `iat` and `nbf` may be up to 30 seconds ahead of our clock; `exp` has no leeway.
 *
 * *Source*: RFC 9068 section 4, RFC 8725.
 *
 * @throws {AccessTokenError} The token has expired (`token_expired`) or is not valid (`invalid_token`).
 * @throws {CannotTellError} The keys cannot be had: the token may be good.
 * @throws {TypeError} An option is missing or cannot be used.
 */
export async function verifyAccessToken(token: string, options: VerifyOptions): Promise<AccessTokenClaims> {
  return verifier(options)(token);
}

/**
 * {@link verifyAccessToken} with its options checked once.
 *
 * @throws {TypeError} An option is missing or cannot be used.
 */
export function verifier(options: VerifyOptions): (token: string) => Promise<AccessTokenClaims> {
  const expected: Expected = { issuer: required(options, 'issuer'), audience: required(options, 'audience') };
  const findKey = keySource(options);
  return (token) => verify(token, findKey, expected);
}

async function verify(token: string, findKey: FindKeyOf, expected: Expected): Promise<AccessTokenClaims> {
  const header = acceptableHeader(token);
  const key = await findKey(header).catch(unless('no_key'));
  const { payload } = await compactVerify(token, key, { algorithms: [...ALGORITHMS] }).catch(unless('signature'));
  return accessTokenClaims(payload, expected, Math.floor(Date.now() / 1000));
}

/** The header, before any key is looked for: `jwk`, `jku`, `x5u` and `x5c` in it are ignored, `crit` is refused. */
function acceptableHeader(token: unknown): CompactJWSHeaderParameters {
  if (typeof token !== 'string' || token.length > TOKEN_MAX_LENGTH || !COMPACT_JWS.test(token)) {
    throw new AccessTokenError('malformed');
  }
  const { alg, typ, kid, crit } = decoded(token);
  if (crit !== undefined) throw new AccessTokenError('critical_header');
  if (!ALGORITHMS.some((allowed) => allowed === alg)) throw new AccessTokenError('algorithm');
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) throw new AccessTokenError('type');
  return { alg: alg as string, ...(kid !== undefined && { kid }) };
}

function decoded(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new AccessTokenError('malformed');
  }
}

/** Whatever the library says of a token or a key is one refusal; that it cannot be told stays what it is. */
function unless(because: 'no_key' | 'signature'): (error: unknown) => never {
  return (error) => {
    throw error instanceof CannotTellError ? error : new AccessTokenError(because);
  };
}

/** An unset variable must not turn a check off. */
function required(options: VerifyOptions, name: 'issuer' | 'audience'): string {
  const value: unknown = options[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: expected a text that is not empty`);
  return value;
}
