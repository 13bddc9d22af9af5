/**
 * Is the caller signed in? The guard in front of an app's own routes.
 *
 * ```ts
 * const guard = createTokenValidationMiddleware({ issuer: 'https://app.example.com/api/auth', audience: 'shop' });
 *
 * app.use('/orders', guard);                                                              // Express, Connect
 * export const GET = guard.handler((request) => Response.json(ordersOf(request.auth.userId))); // Next.js
 * ```
 *
 * | request | response |
 * |---|---|
 * | no token | 401 `token_missing` |
 * | a token that is not valid, or two tokens | 401 `invalid_token`; two cookies of one name 400 `invalid_request` |
 * | an expired token, or a refresh cookie alone | 401 `token_expired` |
 * | `strict`: the session has ended | 401 `session_ended`, without a reason |
 * | a cookie, with an unsafe method, from a page of another site | 403 `csrf_rejected` |
 * | a token without the required `scope` | 403 `forbidden` |
 * | the keys are not available; `strict`: `/introspect` is not available | 503 `store_unavailable`; no client signs out |
 *
 * Handle CORS before the guard, because a preflight request carries no credential.
 */

import { accessTokenOf, type CookieOptions } from './credential.js';
import { introspection } from './introspection.js';
import { Refusal, type RefusalCode } from './refusal.js';
import { headOfNodeRequest, headOfRequest, type NodeRequest, type RequestHead } from './request-head.js';
import { createVerifier, type VerifyOptions } from './verify-access-token.js';

/** The signed-in user and session. */
export interface Auth {
  /** The user's id at the identity provider. */
  readonly userId: string;
  readonly sessionId: string;
  /** The permissions of the caller, separated by spaces. With `strict`, those that both the token and the session grant. */
  readonly scope: string;
}

/** The property that the guard adds to a request. */
export interface WithAuth {
  readonly auth: Auth;
}

/** A request that has passed the guard; `Authenticated<NextRequest>` in a Next.js handler. */
export type Authenticated<R extends Request = Request> = R & WithAuth;

/** A refused request, for a log. */
export interface RefusedRequest {
  readonly code: RefusalCode;
  readonly status: number;
  /** The same as in the body and the `X-Request-Id` of the response. */
  readonly requestId: string;
  /** An `AccessTokenError`, which names the check that failed, or a `VerificationUnavailableError` with its own cause. */
  readonly cause?: unknown;
}

/** The options of the guard. */
export interface TokenValidationOptions extends VerifyOptions, CookieOptions {
  /**
   * Whether every request also asks the API's `/introspect`, so that an ended session is refused at once. Default:
   * false; then the token of an ended session passes until it expires, an hour at most.
   */
  readonly strict?: boolean | undefined;
  /** The scopes that the caller must have, separated by spaces. Default: none. */
  readonly scope?: string | undefined;
  /** Called once for each refused request, for a log. It never receives a token. */
  readonly onRefused?: ((refused: RefusedRequest) => void) | undefined;
}

/** The part of Node's response that the guard writes. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** A fetch-style handler, such as a route handler of Next.js; `Rest` are its further arguments. */
export type FetchHandler<R extends Request, Rest extends unknown[]> = (
  request: R & WithAuth,
  ...rest: Rest
) => Response | Promise<Response>;

/** The guard: a middleware for Express and Connect, and a wrapper for fetch-style handlers. */
export interface TokenValidationMiddleware {
  /** Adds `auth` to the request and calls `next`, or sends the response that refuses the request. */
  (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void;
  /** Wraps a handler of Next.js, Hono or other fetch-style code. The handler receives the request with `auth`. */
  handler<R extends Request, Rest extends unknown[]>(
    handler: FetchHandler<R, Rest>,
  ): (request: R, ...rest: Rest) => Promise<Response>;
}

const SCOPES = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

const authByRequest = new WeakMap<object, Auth>();

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
  const authenticate = createCheck(options);
  const check = async (head: RequestHead): Promise<Auth | RefusalResponse> =>
    authenticate(head).catch((error: unknown) => refuse(Refusal.of(error), options));

  const middleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void => {
    check(headOfNodeRequest(request)).then((result) => {
      if (!('status' in result)) {
        attachAuth(request, result);
        return next();
      }
      response.statusCode = result.status;
      for (const [name, value] of Object.entries(result.headers)) response.setHeader(name, value);
      response.end(result.body);
    }, next);
  };

  const handler: TokenValidationMiddleware['handler'] = (inner) => async (request, ...rest) => {
    const result = await check(headOfRequest(request));
    if (!('status' in result)) return inner(attachAuth(request, result), ...rest);
    const { status, headers, body } = result;
    return new Response(body, { status, headers });
  };

  return Object.assign(middleware, { handler });
}

/**
 * The signed-in user of a request that has passed the guard, for frameworks whose request type has no `auth`.
 *
 * ```ts
 * app.get('/orders', guard, (request, response) => response.json({ of: authOf(request).userId }));
 * ```
 *
 * @throws {TypeError} The request has not passed a guard, because the route has none.
 */
export function authOf(request: object): Auth {
  const auth = authByRequest.get(request);
  if (!auth) throw new TypeError('authOf: this route has no guard; add createTokenValidationMiddleware() before its handler');
  return auth;
}

function createCheck(options: TokenValidationOptions): (head: RequestHead) => Promise<Auth> {
  const { strict = false, scope: required = '' } = options;
  if (required !== '' && !SCOPES.test(required)) throw new TypeError('scope: expected scopes separated by single spaces (RFC 6749 section 3.3)');
  const verify = createVerifier(options);
  const introspect = strict ? introspection(options) : undefined;
  return async (head) => {
    const token = accessTokenOf(head, options);
    const claims = await verify(token);
    const scope = introspect ? await introspect(token, claims) : claims.scope;
    const granted = scope.split(' ');
    const missing = required.split(' ').find((each) => each !== '' && !granted.includes(each));
    if (missing !== undefined) throw Refusal.insufficientScope(missing);
    return Object.freeze({ userId: claims.sub, sessionId: claims.sid, scope });
  };
}

function attachAuth<R extends object>(request: R, auth: Auth): R & WithAuth {
  authByRequest.set(request, auth);
  return Object.assign(request, { auth });
}

interface RefusalResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The response of a refusal, which is reported once to `onRefused`. */
function refuse(refusal: Refusal, { onRefused }: TokenValidationOptions): RefusalResponse {
  const requestId = crypto.randomUUID();
  const { code, status, cause } = refusal;
  onRefused?.({ code, status, requestId, ...(cause !== undefined && { cause }) });
  return { status, headers: refusal.headers(requestId), body: JSON.stringify(refusal.body(requestId)) };
}
