/** The guard as `(request, response, next)`: Express, Connect and Node's `http`. */

import { attachAuth } from '../auth.js';
import type { CheckRequest, RefusalResponse } from '../check-request.js';
import { headOfNodeRequest, type NodeRequest } from '../request-head.js';

/** The part of Node's response that the guard writes. */
export interface NodeResponse {
  statusCode: number;
  readonly headersSent?: boolean | undefined;
  readonly writableEnded?: boolean | undefined;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** Calls the next handler, or the error handler with an error. */
export type Next = (error?: unknown) => unknown;

/** Adds `auth` to the request and calls `next`, or sends the response that refuses the request. */
export type NodeMiddleware = (request: NodeRequest, response: NodeResponse, next: Next) => void;

/**
 * Nothing that throws on the way becomes an unhandled rejection, because that ends the process of Node: `next` gets the
 * error instead.
 */
export function nodeMiddleware(check: CheckRequest): NodeMiddleware {
  return (request, response, next) => {
    void run(check, request, response, next)
      .catch((error: unknown) => next(error))
      .catch(() => sendError(response));
  };
}

async function run(check: CheckRequest, request: NodeRequest, response: NodeResponse, next: Next): Promise<void> {
  const { auth, refusal } = await check(headOfNodeRequest(request));
  if (refusal) return send(response, refusal);
  attachAuth(request, auth);
  await next();
}

/** Sends nothing if another handler has responded meanwhile, such as one that limits the time. */
function send(response: NodeResponse, { status, headers, body }: RefusalResponse): void {
  if (hasResponded(response)) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}

/** The last resort for an app whose `next` throws even when it receives an error: the request must not hang. */
function sendError(response: NodeResponse): void {
  try {
    if (hasResponded(response)) return;
    response.statusCode = 500;
    response.end('');
  } catch {
    // The connection is gone.
  }
}

function hasResponded({ headersSent = false, writableEnded = false }: NodeResponse): boolean {
  return headersSent || writableEnded;
}
