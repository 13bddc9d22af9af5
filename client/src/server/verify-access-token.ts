/** Is this access token valid? An offline check: it requests nothing but the keys, and does not notice an ended session. */

import { accessTokenClaims, type AccessTokenClaims, type ExpectedClaims } from './claims.js';
import { AccessTokenError } from './errors.js';
import { keySource, type FindKeyByHeader, type KeyOptions } from './key-source.js';
import { signedPayload, type ExpectedToken } from './signed-token.js';

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

/** Twice the size of the largest cookie. */
const ACCESS_TOKEN: ExpectedToken = { maxLength: 8_192, typ: /^(application\/)?at\+jwt$/i };

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
  const { now } = options;
  const findKey = keySource(options);
  return (token) => verify(token, findKey, expected, now);
}

async function verify(token: string, findKey: FindKeyByHeader, expected: ExpectedClaims, now: VerifyOptions['now']): Promise<AccessTokenClaims> {
  const payload = await signedPayload(token, ACCESS_TOKEN, findKey);
  return accessTokenClaims(payload, expected, Math.floor((await currentTime(now)) / 1000));
}

/** The time in milliseconds. A comparison with NaN is always false, so that an expired token would pass. */
export async function currentTime(now: VerifyOptions['now'] = () => Date.now()): Promise<number> {
  const time = await now();
  if (!Number.isFinite(time)) throw new TypeError('now: expected a function that returns milliseconds since 1970');
  return time;
}

/** Rejects a missing option, because an unset environment variable must not turn a check off. */
function required(options: VerifyOptions, name: 'issuer' | 'audience'): string {
  const value: unknown = options[name];
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name}: expected a string that is not empty`);
  return value;
}
