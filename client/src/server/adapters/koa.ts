/** The guard as middleware of Koa. */

import { rememberAuth } from '../auth.js';
import type { CheckRequest } from '../check-request.js';
import { headOfNodeRequest, type NodeRequest } from '../request-head.js';

/** The part of Koa's context that the guard reads and writes. */
export interface KoaContextLike {
  readonly req: NodeRequest;
  /** The URL that the client sent; `koa-mount` removes a part of `req.url`. */
  readonly originalUrl: string;
  readonly headerSent: boolean;
  readonly state: object;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): unknown;
}

/** Sets `context.state.auth` and continues, or refuses the request. */
export type KoaMiddleware = (context: KoaContextLike, next: () => Promise<unknown>) => Promise<void>;

export function koaMiddleware(check: CheckRequest): KoaMiddleware {
  return async (context, next) => {
    const { auth, refusal } = await check(headOfNodeRequest(context.req, context.originalUrl));
    if (auth) {
      rememberAuth(context, auth);
      Object.assign(context.state, { auth });
      await next();
      return;
    }
    if (context.headerSent) return;
    context.status = refusal.status;
    context.body = refusal.body;
    context.set({ ...refusal.headers });
  };
}
