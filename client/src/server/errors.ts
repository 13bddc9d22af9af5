/**
 * Why was a token not taken? One sentence for a caller; the difference is for logs and tests.
 *
 * No error here carries the token, a claim or a key.
 */

/** Which check said no. Never sent to a caller. */
export type RefusedBecause =
  | 'malformed'
  | 'critical_header'
  | 'algorithm'
  | 'type'
  | 'no_key'
  | 'signature'
  | 'claims'
  | 'issuer'
  | 'audience'
  | 'not_yet_valid'
  | 'expired';

/**
 * The access token is not taken.
 *
 * `token_expired` only when everything but `exp` holds, so that a client refreshes for the right reason;
 * `invalid_token` otherwise. *Source*: RFC 6750 section 3.1, RFC 9068 section 4.
 */
export class AccessTokenError extends Error {
  override readonly name = 'AccessTokenError';
  readonly code: 'invalid_token' | 'token_expired';

  constructor(readonly because: RefusedBecause) {
    super(because === 'expired' ? 'The access token has expired' : 'The access token is not valid');
    this.code = because === 'expired' ? 'token_expired' : 'invalid_token';
  }
}

/**
 * Whether the token is good cannot be told now: the keys, or the answer of `/introspect`, cannot be had.
 *
 * It says nothing against the token: answer 503, never 401, and let nobody in.
 */
export class CannotTellError extends Error {
  override readonly name = 'CannotTellError';
  readonly code = 'store_unavailable';

  /** `retryAfter` is in seconds, 2 by default. */
  constructor(
    message: string,
    readonly retryAfter = 2,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
