/** May this request pass? The check behind the adapters of all frameworks. */

import type { Auth } from './auth.js';
import { credentialReader, type CookieOptions } from './credential.js';
import { requireProof, type ProofOptions } from './dpop/require-proof.js';
import type { FeedOptions } from './feed/feed-check.js';
import { Refusal, type RefusalCode } from './refusal.js';
import type { RequestHead } from './request-head.js';
import { sessionCheck } from './session-check.js';
import { createBoundTokenVerifier, type VerifyOptions } from './verify-access-token.js';

/** A refused request, for a log. */
export interface RefusedRequest {
  readonly code: RefusalCode;
  readonly status: number;
  /** The same as in the body and the `X-Request-Id` of the response. */
  readonly requestId: string;
  /** An `AccessTokenError` or a `DpopProofError`, which names the check that failed, or a `VerificationUnavailableError` with its own cause. */
  readonly cause?: unknown;
}

/** The options of the guard. */
export interface TokenValidationOptions extends VerifyOptions, CookieOptions, ProofOptions {
  /**
   * Whether every request also asks the API's `/introspect`, so that an ended session is refused at once. Default:
   * false; then the token of an ended session passes until it expires, an hour at most, or 10 seconds with `feed`.
   */
  readonly strict?: boolean | undefined;
  /**
   * Refuses the tokens of ended sessions by the API's revocation feed, which is fetched every 4 seconds while there are requests.
   * `strict` makes it unnecessary. Default: no feed.
   */
  readonly feed?: FeedOptions | undefined;
  /** The scopes that the caller must have, separated by spaces. Default: none. */
  readonly scope?: string | undefined;
  /** Called once for each refused request, for a log. It never receives a token. */
  readonly onRefused?: ((refused: RefusedRequest) => void) | undefined;
}

/** The response that refuses a request. */
export interface RefusalResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The outcome of a check. */
export type CheckedRequest = { readonly auth: Auth; readonly refusal?: never } | { readonly refusal: RefusalResponse; readonly auth?: never };

/** Checks one request. It rejects only for a bug, such as an error that `onRefused` throws. */
export type CheckRequest = (head: RequestHead) => Promise<CheckedRequest>;

const SCOPES = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

/**
 * Returns the check for these options. It fetches nothing before the first request.
 *
 * @throws {TypeError} An option is missing or not valid.
 */
export function createCheck(options: TokenValidationOptions): CheckRequest {
  const authenticate = createAuthentication(options);
  return (head) =>
    authenticate(head).then(
      (auth) => ({ auth }),
      (error: unknown) => ({ refusal: refuse(Refusal.of(error), options) }),
    );
}

function createAuthentication(options: TokenValidationOptions): (head: RequestHead) => Promise<Auth> {
  const { scope: required = '' } = options;
  if (required !== '' && !SCOPES.test(required)) throw new TypeError('scope: expected scopes separated by single spaces (RFC 6749 section 3.3)');
  const readCredential = credentialReader(options);
  const verify = createBoundTokenVerifier(options);
  const checkProof = requireProof(options);
  const checkSession = sessionCheck(options);
  return async (head) => {
    const credential = readCredential(head);
    const { token } = credential;
    const claims = await verify(token);
    await checkProof(head, credential, claims);
    const scope = await checkSession(token, claims);
    const granted = scope.split(' ');
    const missing = required.split(' ').find((each) => each !== '' && !granted.includes(each));
    if (missing !== undefined) throw Refusal.insufficientScope(missing);
    return Object.freeze({ userId: claims.sub, sessionId: claims.sid, scope });
  };
}

/** The response of a refusal, which is reported once to `onRefused`. */
function refuse(refusal: Refusal, { onRefused, publicUrls }: TokenValidationOptions): RefusalResponse {
  const requestId = crypto.randomUUID();
  const { code, status, cause } = refusal;
  onRefused?.({ code, status, requestId, ...(cause !== undefined && { cause }) });
  return { status, headers: refusal.headers(requestId, publicUrls !== undefined), body: JSON.stringify(refusal.body(requestId)) };
}
