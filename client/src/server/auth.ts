/** Who is signed in? The user and session that a guard has found, on the request and in {@link authOf}. */

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

const authByRequest = new WeakMap<object, Auth>();

/** Remembers the signed-in user of a request, for {@link authOf}. */
export function rememberAuth(request: object, auth: Auth): void {
  authByRequest.set(request, auth);
}

/** Adds `auth` to a request and remembers it. */
export function attachAuth<R extends object>(request: R, auth: Auth): R & WithAuth {
  rememberAuth(request, auth);
  return Object.assign(request, { auth });
}

/**
 * The signed-in user of a request that has passed the guard, for frameworks whose request type has no `auth`. With Koa
 * and Hono it takes the context.
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
