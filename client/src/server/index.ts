/**
 * `@latchkey/react/server`: checks access tokens in an app's own backend. It uses only Web Crypto and `fetch`, so that
 * it runs on Node 20 and later and on edge runtimes.
 */

export type { FastifyHook, FastifyReplyLike, FastifyRequestLike } from './adapters/fastify.js';
export type { Admission, Authenticated, FetchHandler } from './adapters/fetch.js';
export type { HonoContextLike, HonoMiddleware } from './adapters/hono.js';
export type { KoaContextLike, KoaMiddleware } from './adapters/koa.js';
export type { Next, NodeResponse } from './adapters/node.js';
export { authOf, type Auth, type WithAuth } from './auth.js';
export type { RefusedRequest, TokenValidationOptions } from './check-request.js';
export type { AccessTokenClaims } from './claims.js';
export { accessCookieName, type CookieNameOptions } from './cookies.js';
export type { CookieOptions } from './credential.js';
export { AccessTokenError, DpopProofError, VerificationUnavailableError, type ProofRejection, type RejectionReason } from './errors.js';
export type { FeedOptions } from './feed/feed-check.js';
export type { KeyOptions } from './key-source.js';
export type { RefusalCode } from './refusal.js';
export type { Fetch } from './remote-keys.js';
export type { NodeRequest } from './request-head.js';
export { renewSession, type RenewalOptions, type RenewedSession } from './renew-session.js';
export { createTokenValidationMiddleware, type TokenValidationMiddleware } from './token-validation.js';
export { verifyAccessToken, type VerifyOptions } from './verify-access-token.js';
