/**
 * Is somebody signed in? The guard in front of an app's own routes.
 *
 * ```ts
 * const guard = createTokenValidationMiddleware({ issuer: 'https://app.example.com/api/auth', audience: 'shop' });
 *
 * app.use('/orders', guard);                                                              // Express, Connect
 * export const GET = guard.handler((request) => Response.json(ordersOf(request.auth.userId))); // Next.js
 * ```
 *
 * | what is wrong | answer |
 * |---|---|
 * | no token | 401 `token_missing` |
 * | not a token of ours, or two of them | 401 `invalid_token`; two cookies of one name 400 `invalid_request` |
 * | past its `exp`, or a refresh cookie alone | 401 `token_expired` |
 * | strict: its session has ended | 401 `session_ended`, without a reason |
 * | a cookie with an unsafe method from another site's page | 403 `csrf_rejected` |
 * | a word of `scope` that the caller has not | 403 `forbidden` |
 * | the keys cannot be had; strict: `/introspect` cannot be asked | 503 `store_unavailable`: nobody is signed out by it |
 *
 * Put CORS outside it: a preflight request carries no credential.
 */

import { accessTokenOf, type CookieOptions } from './credential.js';
import { liveScope } from './introspection.js';
import { Refusal, type RefusalCode } from './refusal.js';
import { headOfNodeRequest, headOfRequest, type NodeRequest, type RequestHead } from './request-head.js';
import { verifier, type VerifyOptions } from './verify-access-token.js';

/** Who is signed in. */
export interface Auth {
  /** The user, as the identity provider names them. */
  readonly userId: string;
  /** The session. */
  readonly sessionId: string;
  /** What the caller may do, words with spaces between them; strict: what both the token and the session grant. */
  readonly scope: string;
}

/** What a guard puts on a request that it lets through. */
export interface WithAuth {
  readonly auth: Auth;
}

/** A request that a guard has let through; `Authenticated<NextRequest>` in a Next.js handler. */
export type Authenticated<R extends Request = Request> = R & WithAuth;

/** What a log may know of a refused request. */
export interface RefusedRequest {
  readonly code: RefusalCode;
  readonly status: number;
  /** As in the answer's body and its `X-Request-Id`. */
  readonly requestId: string;
  /** An `AccessTokenError`, which says which check failed, or a `CannotTellError` with its own cause. */
  readonly cause?: unknown;
}

/** Whose tokens are taken, and how. */
export interface TokenValidationOptions extends VerifyOptions, CookieOptions {
  /**
   * Whether every request also asks the API's `/introspect`, so that an ended session is refused at once. Default:
   * false, where a token of an ended session passes until it expires, an hour at most.
   */
  readonly strict?: boolean | undefined;
  /** Words that the caller's scope must have, with spaces between them. Default: none. */
  readonly scope?: string | undefined;
  /** Called once for each refused request, for a log. Never with a token. */
  readonly onRefused?: ((refused: RefusedRequest) => void) | undefined;
}

/** The part of Node's response that a refusal is written to. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** A fetch-style handler: what Next.js calls a route handler, with whatever else it is called with. */
export type FetchHandler<R extends Request, Rest extends unknown[]> = (
  request: R & WithAuth,
  ...rest: Rest
) => Response | Promise<Response>;

/** The guard: itself a middleware for Express and Connect, and a wrapper for fetch-style handlers. */
export interface TokenValidationMiddleware {
  /** Goes on with `auth` on the request, or answers itself. */
  (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void;
  /** Calls the handler with `auth` on the request, or answers itself. For Next.js, Hono and other fetch-style code. */
  handler<R extends Request, Rest extends unknown[]>(
    handler: FetchHandler<R, Rest>,
  ): (request: R, ...rest: Rest) => Promise<Response>;
}

const SCOPE_WORDS = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/;

const known = new WeakMap<object, Auth>();

/**
 * Makes the guard; nothing is fetched before the first request.
 *
 * @throws {TypeError} An option is missing or cannot be used.
 */
export function createTokenValidationMiddleware(options: TokenValidationOptions): TokenValidationMiddleware {
  const check = checker(options);
  const decide = async (head: RequestHead): Promise<Auth | Answer> =>
    check(head).catch((error: unknown) => answerTo(Refusal.of(error), options));

  const middleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void => {
    decide(headOfNodeRequest(request)).then((outcome) => {
      if (!('status' in outcome)) {
        remember(request, outcome);
        return next();
      }
      response.statusCode = outcome.status;
      for (const [name, value] of Object.entries(outcome.headers)) response.setHeader(name, value);
      response.end(outcome.body);
    }, next);
  };

  const handler: TokenValidationMiddleware['handler'] = (inner) => async (request, ...rest) => {
    const outcome = await decide(headOfRequest(request));
    if (!('status' in outcome)) return inner(remember(request, outcome), ...rest);
    const { status, headers, body } = outcome;
    return new Response(body, { status, headers });
  };

  return Object.assign(middleware, { handler });
}

/**
 * Who is signed in, of a request that a guard has let through; typed where the framework's request is not.
 *
 * @throws {TypeError} No guard has: the route is missing one, and must answer nobody.
 */
export function authOf(request: object): Auth {
  const auth = known.get(request);
  if (!auth) throw new TypeError('no token validation guards this route');
  return auth;
}

function checker(options: TokenValidationOptions): (head: RequestHead) => Promise<Auth> {
  const { strict = false, scope: needed = '' } = options;
  if (needed !== '' && !SCOPE_WORDS.test(needed)) throw new TypeError('scope: expected words of RFC 6749 section 3.3');
  const verify = verifier(options);
  const live = strict ? liveScope(options) : undefined;
  return async (head) => {
    const token = accessTokenOf(head, options);
    const claims = await verify(token);
    const scope = live ? await live(token, claims) : claims.scope;
    const words = scope.split(' ');
    const missing = needed.split(' ').find((word) => word !== '' && !words.includes(word));
    if (missing !== undefined) throw Refusal.insufficientScope(missing);
    return Object.freeze({ userId: claims.sub, sessionId: claims.sid, scope });
  };
}

function remember<R extends object>(request: R, auth: Auth): R & WithAuth {
  known.set(request, auth);
  return Object.assign(request, { auth });
}

/** A refusal as it leaves. */
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Writes a refusal, and tells the log once. */
function answerTo(refusal: Refusal, { onRefused }: TokenValidationOptions): Answer {
  const requestId = crypto.randomUUID();
  const { code, status, cause } = refusal;
  onRefused?.({ code, status, requestId, ...(cause !== undefined && { cause }) });
  return { status, headers: refusal.headers(requestId), body: JSON.stringify(refusal.body(requestId)) };
}
