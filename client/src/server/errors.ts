/**
 * Why was a token rejected? The response to a caller is the same for most reasons; the exact one is for logs and tests.
 *
 * No error contains the token, a claim or a key.
 */

/** The check that failed. It is never sent to a caller. */
export type RejectionReason =
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
  | 'expired'
  | 'inactive';

/** The reasons for which a refresh helps. */
const MESSAGES: Partial<Record<RejectionReason, string>> = {
  expired: 'The access token has expired',
  inactive: 'The access token is not active any more',
};

/**
 * The access token was rejected.
 *
 * `code` is `token_expired` only if everything but `exp` is valid, or if `/introspect` reports a valid token as inactive,
 * because only then a refresh helps; otherwise `invalid_token`. *Source*: RFC 6750 section 3.1, RFC 9068 section 4.
 */
export class AccessTokenError extends Error {
  override readonly name = 'AccessTokenError';
  readonly code: 'invalid_token' | 'token_expired';

  constructor(readonly reason: RejectionReason) {
    super(MESSAGES[reason] ?? 'The access token is not valid');
    this.code = reason in MESSAGES ? 'token_expired' : 'invalid_token';
  }
}

/**
 * The token could not be checked, because the keys or the response of `/introspect` are not available.
 *
 * The token may be valid: respond with 503, never with 401, and do not handle the request.
 */
export class VerificationUnavailableError extends Error {
  override readonly name = 'VerificationUnavailableError';
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
