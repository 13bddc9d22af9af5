/** What did the API say? One request with its deadline, answered by us or by somebody in between. */

import { LatchkeyError } from './errors.js';
import type { EndReason, ErrorCode } from './types.js';

/** Milliseconds. */
const DEADLINE = 10_000;

export type Fetch = typeof globalThis.fetch;

/** An answer of ours; `body` is empty where nothing has changed. */
export interface Answer {
  readonly etag: string | null;
  readonly unchanged: boolean;
  readonly body: unknown;
}

/** What goes out. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object | undefined;
  readonly headers?: Record<string, string> | undefined;
  readonly keepalive?: boolean;
  /** The member without which a 200 is somebody else's. */
  readonly expect: string;
}

/** The way to the API. */
export interface Transport {
  send(path: string, call: Call, fetch: Fetch): Promise<Answer>;
  /** Gives up on everything in the air. */
  abort(): void;
}

/** `credentials`: cookies go along in cookie mode only, so that no stray cookie answers for a token. */
export function transport(baseUrl: string, credentials: RequestCredentials): Transport {
  const running = new Set<AbortController>();
  let over = false;

  const exchange = async (path: string, { method = 'GET', body, headers, keepalive = false, expect }: Call, fetch: Fetch, signal: AbortSignal): Promise<Answer> => {
    const response = await fetch(baseUrl + path, {
      method,
      credentials,
      keepalive,
      signal,
      cache: 'no-store',
      // No endpoint redirects: who does is a captive portal, and must not be sent what we have.
      redirect: 'manual',
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return read(response, await response.text(), expect);
  };

  return {
    async send(path, call, fetch) {
      if (over) throw new LatchkeyError('network', 'The client was disposed of');
      const controller = new AbortController();
      const { signal } = controller;
      running.add(controller);
      const timer = setTimeout(() => controller.abort(new LatchkeyError('timeout', 'No answer within 10 s')), DEADLINE);
      // Also where `fetch` ignores the signal.
      const givenUp = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      try {
        return await Promise.race([exchange(path, call, fetch, signal), givenUp]);
      } catch (error) {
        throw error instanceof LatchkeyError ? error : new LatchkeyError('network', 'The server could not be reached');
      } finally {
        clearTimeout(timer);
        running.delete(controller);
      }
    },
    abort() {
      over = true;
      for (const controller of running) controller.abort();
    },
  };
}

/** The parts of a problem that are looked at. */
export interface Problem {
  readonly code?: unknown;
  readonly title?: unknown;
  readonly reason?: unknown;
  readonly retry_after?: unknown;
  readonly request_id?: unknown;
}

function read(response: Response, text: string, expect: string): Answer {
  const { status, ok, headers } = response;
  const etag = headers.get('etag');
  if (status === 304) return { etag, unchanged: true, body: null };
  const body = parse(text);
  if (ok && expect in body) return { etag, unchanged: false, body };
  const { code, title, reason, retry_after, request_id } = body as Problem;
  const seconds = Number(retry_after ?? headers.get('retry-after') ?? NaN);
  const details = { status, retryAfter: seconds >= 0 ? seconds : null, requestId: words(request_id) ?? headers.get('x-request-id') };
  if (ok || !isProblem(headers) || !words(code)) {
    throw new LatchkeyError('not_latchkey', `Something else than Latchkey answered (${status})`, details);
  }
  throw new LatchkeyError(code as ErrorCode, words(title) ?? String(code), { ...details, reason: words(reason) as EndReason | null });
}

/** Whether it says that it is a problem; only then its `code` is ours. */
export function isProblem(headers: Headers): boolean {
  return /^application\/problem\+json/i.test(headers.get('content-type') ?? '');
}

function parse(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

function words(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
