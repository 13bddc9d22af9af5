/** The guard as a hook of Fastify. */

import { attachAuth } from '../auth.js';
import type { CheckRequest } from '../check-request.js';
import { headOfNodeRequest, type NodeRequest } from '../request-head.js';

/** The part of Fastify's request that the guard reads. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
}

/** The part of Fastify's reply that the guard writes. */
export interface FastifyReplyLike {
  readonly sent: boolean;
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: Uint8Array): unknown;
}

/** An `onRequest` or `preHandler` hook. A hook that returns the reply stops the request. */
export type FastifyHook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>;

export function fastifyHook(check: CheckRequest): FastifyHook {
  return async (request, reply) => {
    const { auth, refusal } = await check(headOfNodeRequest(request.raw));
    if (reply.sent) return reply;
    if (auth) {
      attachAuth(request, auth);
      return undefined;
    }
    reply.code(refusal.status);
    reply.headers({ ...refusal.headers });
    reply.send(new TextEncoder().encode(refusal.body)); // Fastify would add a charset for a string
    return reply;
  };
}
