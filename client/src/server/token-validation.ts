/**
 * Is the caller signed in? The guard in front of an app's own routes.
 *
 * ```ts
 * const guard = createTokenValidationMiddleware({ issuer: 'https://app.example.com/api/auth', audience: 'shop' });
 *
 * app.use('/orders', guard);                                                              // Express, Connect
 * export const GET = guard.handler((request) => Response.json(ordersOf(request.auth.userId))); // Next.js
 * app.addHook('onRequest', guard.fastify);                                                // Fastify
 * app.use('/orders/*', guard.hono);                                                       // Hono
 * app.use(guard.koa);                                                                     // Koa
 * ```
 *
 * | request | response |
 * |---|---|
 * | no token | 401 `token_missing` |
 * | a Bearer token that is not valid, or two of them | 401 `invalid_token`; two cookies of one name 400 `invalid_request` |
 * | an expired token, or a refresh cookie alone | 401 `token_expired` |
 * | `strict`: the API reports the token as inactive | 401 `token_expired`; the response to the refresh has the reason |
 * | `feed`: the session has ended | 401 `session_ended` |
 * | a token that is bound to a key, as Bearer, as a cookie or without a proof | 401 `device_proof_required` |
 * | the same, with a proof that is not valid | 401 `invalid_dpop_proof` |
 * | a cookie, with an unsafe method, from a page of another site | 403 `csrf_rejected` |
 * | a token without the required `scope` | 403 `forbidden` |
 * | the keys are not available; `strict`: `/introspect` is not available; `feed`: no fresh feed, with `refuse` | 503 `store_unavailable`; no client signs out |
 *
 * A token that is bound to a key needs the option `publicUrls`, and is `invalid_token` without it.
 *
 * Another scheme than Bearer and DPoP, such as `Basic` of a site behind an HTTP password, is ignored, and the cookie counts.
 *
 * Handle CORS before the guard, because a preflight request carries no credential.
 */

import { fastifyHook, type FastifyHook } from './adapters/fastify.js';
import { admitRequest, wrapHandler, type Admission, type FetchHandler } from './adapters/fetch.js';
import { honoMiddleware, type HonoMiddleware } from './adapters/hono.js';
import { koaMiddleware, type KoaMiddleware } from './adapters/koa.js';
import { nodeMiddleware, type Next, type NodeResponse } from './adapters/node.js';
import { createCheck, type TokenValidationOptions } from './check-request.js';
import type { NodeRequest } from './request-head.js';

/** The guard: a middleware for Express and Connect, with forms for other frameworks. */
export interface TokenValidationMiddleware {
  /** Adds `auth` to the request and calls `next`, or sends the response that refuses the request. */
  (request: NodeRequest, response: NodeResponse, next: Next): void;
  /** Wraps a handler of Next.js or other fetch-style code. The handler receives the request with `auth`. */
  handler<R extends Request, Rest extends unknown[]>(
    handler: FetchHandler<R, Rest>,
  ): (request: R, ...rest: Rest) => Promise<Response>;
  /** Checks a fetch-style request, such as in `proxy.ts` of Next.js: the signed-in user, or the response to return. */
  admit(request: Request): Promise<Admission>;
  /** An `onRequest` or `preHandler` hook of Fastify; `authOf(request)` then returns the signed-in user. */
  readonly fastify: FastifyHook;
  /** A middleware of Hono, which sets the variable `auth`. */
  readonly hono: HonoMiddleware;
  /** A middleware of Koa, which sets `context.state.auth`. */
  readonly koa: KoaMiddleware;
}

/**
 * Creates the guard. It fetches nothing before the first request.
 *
 * ```ts
 * const guard = createTokenValidationMiddleware({ issuer: 'https://app.example.com/api/auth', audience: 'shop', strict: true });
 * ```
 *
 * @throws {TypeError} An option is missing or not valid.
 */
export function createTokenValidationMiddleware(options: TokenValidationOptions): TokenValidationMiddleware {
  const check = createCheck(options);
  return Object.assign(nodeMiddleware(check), {
    handler: wrapHandler(check),
    admit: admitRequest(check),
    fastify: fastifyHook(check),
    hono: honoMiddleware(check),
    koa: koaMiddleware(check),
  });
}
