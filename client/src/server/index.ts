/**
 * `@latchkey/react/server`: checks access tokens in an app's own backend. It uses only Web Crypto and `fetch`, so that
 * it runs on Node 20 and later and on edge runtimes.
 */

export type { AccessTokenClaims } from './claims.js';
export type { CookieOptions } from './credential.js';
export { AccessTokenError, VerificationUnavailableError, type RejectionReason } from './errors.js';
export type { KeyOptions } from './key-source.js';
export type { RefusalCode } from './refusal.js';
export type { Fetch } from './remote-keys.js';
export type { NodeRequest } from './request-head.js';
export {
  authOf,
  createTokenValidationMiddleware,
  type Auth,
  type Authenticated,
  type FetchHandler,
  type NodeResponse,
  type RefusedRequest,
  type TokenValidationMiddleware,
  type TokenValidationOptions,
  type WithAuth,
} from './token-validation.js';
export { verifyAccessToken, type VerifyOptions } from './verify-access-token.js';
