/** The guard for fetch-style code: route handlers of Next.js, its middleware or proxy, Workers, and others. */

import { attachAuth, rememberAuth, type Auth, type WithAuth } from '../auth.js';
import type { CheckRequest, RefusalResponse } from '../check-request.js';
import { headOfRequest } from '../request-head.js';

/** A request that has passed the guard; `Authenticated<NextRequest>` in a Next.js handler. */
export type Authenticated<R extends Request = Request> = R & WithAuth;

/** A fetch-style handler, such as a route handler of Next.js; `Rest` are its further arguments. */
export type FetchHandler<R extends Request, Rest extends unknown[]> = (
  request: R & WithAuth,
  ...rest: Rest
) => Response | Promise<Response>;

/** The outcome for a fetch-style request: the signed-in user, or the response that refuses the request. */
export type Admission = { readonly auth: Auth; readonly response?: never } | { readonly response: Response; readonly auth?: never };

/** Wraps a handler. The handler receives the request with `auth`. */
export function wrapHandler(check: CheckRequest) {
  return <R extends Request, Rest extends unknown[]>(inner: FetchHandler<R, Rest>) =>
    async (request: R, ...rest: Rest): Promise<Response> => {
      const { auth, refusal } = await check(headOfRequest(request));
      return refusal ? responseOf(refusal) : inner(attachAuth(request, auth), ...rest);
    };
}

/** Checks a request for code that decides itself how to go on. */
export function admitRequest(check: CheckRequest) {
  return async (request: Request): Promise<Admission> => {
    const { auth, refusal } = await check(headOfRequest(request));
    if (refusal) return { response: responseOf(refusal) };
    rememberAuth(request, auth);
    return { auth };
  };
}

/** The refusal as a fetch-style response. */
export function responseOf({ status, headers, body }: RefusalResponse): Response {
  return new Response(body, { status, headers });
}
