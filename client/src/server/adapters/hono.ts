/** The guard as middleware of Hono. */

import { rememberAuth, type Auth } from '../auth.js';
import type { CheckRequest } from '../check-request.js';
import { headOfRequest } from '../request-head.js';
import { responseOf } from './fetch.js';

/** The part of Hono's context that the guard reads and writes. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request };
  set(name: 'auth', value: Auth): void;
}

/** Sets the variable `auth` and continues, or refuses the request. */
export type HonoMiddleware = (context: HonoContextLike, next: () => Promise<void>) => Promise<Response | undefined>;

export function honoMiddleware(check: CheckRequest): HonoMiddleware {
  return async (context, next) => {
    const { auth, refusal } = await check(headOfRequest(context.req.raw));
    if (refusal) return responseOf(refusal);
    rememberAuth(context, auth);
    rememberAuth(context.req.raw, auth);
    context.set('auth', auth);
    await next();
    return undefined;
  };
}
