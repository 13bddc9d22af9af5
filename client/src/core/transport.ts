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
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly keepalive?: boolean;
  /** The member without which a 200 is somebody else's. */
  readonly expect: string;
}

/** The way to the API. */
export interface Transport {
  send(fetch: Fetch, path: string, call: Call): Promise<Answer>;
  /** Gives up on everything in the air. */
  abort(): void;
}

/** `credentials`: cookies go along in cookie mode only, so that no stray cookie answers for a token. */
export function transport(baseUrl: string, credentials: RequestCredentials): Transport {
  const running = new Set<AbortController>();
  let over = false;

  async function exchange(fetch: Fetch, path: string, call: Call, signal: AbortSignal): Promise<[Response, string]> {
    const { method = 'GET', body, headers, keepalive = false } = call;
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
    return [response, await response.text()];
  }

  return {
    async send(fetch, path, call) {
      if (over) throw new LatchkeyError('network', 'The client was disposed of');
      const controller = new AbortController();
      running.add(controller);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(new LatchkeyError('timeout', 'No answer within 10 s'));
          controller.abort();
        }, DEADLINE);
      });
      try {
        const [response, text] = await Promise.race([exchange(fetch, path, call, controller.signal), late]);
        return read(response, text, call.expect);
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

function read({ status, ok, headers }: Response, text: string, expect: string): Answer {
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
