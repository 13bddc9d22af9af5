/**
 * Why was a token or a proof rejected? The response to a caller is the same for most reasons of a token; the exact one is for logs and
 * tests.
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
  | 'inactive'
  | 'ended'
  | 'bound'
  | 'not_bound'
  | 'public_urls';

/** The reasons for which a refresh helps. */
const EXPIRY_MESSAGES: Partial<Record<RejectionReason, string>> = {
  expired: 'The access token has expired',
  inactive: 'The access token is not active any more',
};

/** The reasons that concern the binding to a key. A refresh does not help. */
const BINDING_MESSAGES: Partial<Record<RejectionReason, string>> = {
  bound: 'The access token is bound to a key: only createTokenValidationMiddleware() can check the proof of a request',
  not_bound: 'The scheme DPoP is for access tokens that are bound to a key: send this one as Bearer',
  public_urls: 'publicUrls: required for access tokens that are bound to a key. Set it to the public URLs of this service',
};

/**
 * The access token was rejected.
 *
 * `code` is `token_expired` only if everything but `exp` is valid, or if `/introspect` reports a valid token as inactive,
 * because only then a refresh helps. It is `session_ended` if the revocation feed has the session, otherwise `invalid_token`. *Source*: RFC 6750 section 3.1, RFC 9068 section 4.
 */
export class AccessTokenError extends Error {
  override readonly name = 'AccessTokenError';
  readonly code: 'invalid_token' | 'token_expired' | 'session_ended';

  constructor(readonly reason: RejectionReason) {
    const ended = reason === 'ended' ? 'The session has ended' : undefined;
    super(ended ?? EXPIRY_MESSAGES[reason] ?? BINDING_MESSAGES[reason] ?? 'The access token is not valid');
    this.code = ended ? 'session_ended' : reason in EXPIRY_MESSAGES ? 'token_expired' : 'invalid_token';
  }
}

/** The messages of {@link DpopProofError}: what is wrong with the proof. */
const PROOF_MESSAGES = {
  missing: 'DPoP: the access token is bound to a key, and the request has no proof of that key',
  scheme: 'Authorization: the access token is bound to a key, so its scheme is DPoP',
  malformed: 'DPoP: expected one compact JWS of at most 4 KiB',
  type: 'DPoP: expected the typ dpop+jwt',
  algorithm: 'DPoP: expected the alg ES256, and no crit',
  public_key: 'DPoP: expected the public half of a P-256 key in jwk',
  signature: 'DPoP: the signature does not match the jwk',
  claims: 'DPoP: expected jti (1 to 64 characters), htm, htu and iat',
  method: 'DPoP: htm is not the method of the request',
  url: 'DPoP: htu is not the URL of the request',
  access_token: 'DPoP: ath is not the hash of the access token',
  key: 'DPoP: the access token is bound to another key',
  time: 'DPoP: iat differs by more than 60 seconds from the time of the server, which its header Date has',
  repeated: 'DPoP: the jti was used before. Make a new proof for each request',
} as const;

/** The check of a proof that failed. */
export type ProofRejection = keyof typeof PROOF_MESSAGES;

/**
 * The request does not prove that it comes from the holder of the key (RFC 9449).
 *
 * `code` is `device_proof_required` if there is no proof, otherwise `invalid_dpop_proof`.
 */
export class DpopProofError extends Error {
  override readonly name = 'DpopProofError';
  readonly code: 'invalid_dpop_proof' | 'device_proof_required';

  constructor(readonly reason: ProofRejection) {
    super(PROOF_MESSAGES[reason]);
    this.code = reason === 'missing' || reason === 'scheme' ? 'device_proof_required' : 'invalid_dpop_proof';
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
