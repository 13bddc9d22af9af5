/** Is this access token valid? An offline check: it requests nothing but the keys, and does not notice an ended session. */

import { compactVerify, decodeProtectedHeader, type CompactJWSHeaderParameters, type ProtectedHeaderParameters } from 'jose';
import { accessTokenClaims, type AccessTokenClaims, type ExpectedClaims } from './claims.js';
import { AccessTokenError, VerificationUnavailableError } from './errors.js';
import { keySource, type FindKeyByHeader, type KeyOptions } from './key-source.js';
import { ALGORITHMS } from './public-keys.js';

/** The issuer, the audience and the keys of accepted tokens. */
export interface VerifyOptions extends KeyOptions {
  /** `LATCHKEY_AUDIENCE`: the audience of the tokens, compared byte for byte. */
  readonly audience: string;
  /**
   * The current time in milliseconds since 1970. Set it only in tests, such as with the clock of the local server. Default: the
   * system's clock.
   */
  readonly now?: (() => number | Promise<number>) | undefined;
}

/** Longer tokens are rejected unread. Twice the size of the largest cookie. */
const TOKEN_MAX_LENGTH = 8_192;

const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Verifies an access token: algorithm, `typ`, signature, issuer, audience, the claims of RFC 9068 and time.
 *
 * The token of an ended session stays valid until its `exp`, an hour at most: see `strict` of
 * `createTokenValidationMiddleware`. All callers share one set of keys, which is cached for 5 minutes and, after an
 * unknown `kid`, fetched again at most every 10 seconds.
 *
 * `iat` and `nbf` may be up to 60 seconds ahead of the local clock; `exp` has no leeway. A token that is bound to a key is rejected,
 * because its proof belongs to a request, which only the guard sees.
 *
 * ```ts
 * const { sub, sid } = await verifyAccessToken(token, { issuer: 'https://app.example.com/api/auth', audience: 'shop' });
 * ```
 *
 * *Source*: RFC 9068 section 4, RFC 8725.
 *
 * @throws {AccessTokenError} The token has expired (`token_expired`) or is not valid (`invalid_token`).
 * @throws {VerificationUnavailableError} The keys are not available; the token may be valid.
 * @throws {TypeError} An option is missing or not valid.
 */
export async function verifyAccessToken(token: string, options: VerifyOptions): Promise<AccessTokenClaims> {
  return createVerifier(options)(token);
}

/**
 * Returns {@link verifyAccessToken} with its options, which it checks once.
 *
 * @throws {TypeError} An option is missing or not valid.
 */
export function createVerifier(options: VerifyOptions): (token: string) => Promise<AccessTokenClaims> {
  const verify = createBoundTokenVerifier(options);
  return async (token) => {
    const claims = await verify(token);
    if (claims.cnf) throw new AccessTokenError('bound');
    return claims;
  };
}

/**
 * As {@link createVerifier}, and accepts tokens that are bound to a key: the caller must verify the proof as well.
 *
 * @throws {TypeError} An option is missing or not valid.
 */
export function createBoundTokenVerifier(options: VerifyOptions): (token: string) => Promise<AccessTokenClaims> {
  const expected: ExpectedClaims = { issuer: required(options, 'issuer'), audience: required(options, 'audience') };
  const { now = () => Date.now() } = options;
  const findKey = keySource(options);
  return (token) => verify(token, findKey, expected, now);
}

async function verify(token: string, findKey: FindKeyByHeader, expected: ExpectedClaims, now: NonNullable<VerifyOptions['now']>): Promise<AccessTokenClaims> {
  const header = parseHeader(token);
  const key = await findKey(header).catch(rejectWith('no_key'));
  const { payload } = await compactVerify(token, key, { algorithms: [...ALGORITHMS] }).catch(rejectWith('signature'));
  const time = await now();
  // A comparison with NaN is always false, so that an expired token would pass.
  if (!Number.isFinite(time)) throw new TypeError('now: expected a function that returns milliseconds since 1970');
  return accessTokenClaims(payload, expected, Math.floor(time / 1000));
}

/** Checks the header before any key is fetched. Keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are ignored, `crit` is rejected. */
function parseHeader(token: unknown): CompactJWSHeaderParameters {
  if (typeof token !== 'string' || token.length > TOKEN_MAX_LENGTH || !COMPACT_JWS.test(token)) {
    throw new AccessTokenError('malformed');
  }
  const { alg, typ, kid, crit } = decodeHeader(token);
  if (crit !== undefined) throw new AccessTokenError('critical_header');
  if (!ALGORITHMS.some((allowed) => allowed === alg)) throw new AccessTokenError('algorithm');
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) throw new AccessTokenError('type');
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

/** Rejects a missing option, because an unset environment variable must not turn a check off. */
function required(options: VerifyOptions, name: 'issuer' | 'audience'): string {
  const value: unknown = options[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: expected a string that is not empty`);
  return value;
}
