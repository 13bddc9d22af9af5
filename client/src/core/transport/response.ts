/** Did the API respond, or something between the client and the API? Reads one response. */

import { LatchkeyError } from '../errors.js';
import type { EndReason, ErrorCode } from '../types.js';

/** A successful response of the API. */
export interface ApiResponse {
  readonly etag: string | null;
  /** `null` with status 304, because nothing has changed. */
  readonly body: object | null;
}

/** The fields of a problem document (RFC 9457) that the client reads. */
export interface Problem {
  readonly code?: unknown;
  readonly title?: unknown;
  readonly reason?: unknown;
  readonly retry_after?: unknown;
  readonly request_id?: unknown;
}

/**
 * The response, if the API sent it: a success has the field `expectedField`, an error is a problem document.
 *
 * @throws {LatchkeyError} The API's error; `not_latchkey` for everything else, such as the page of a captive portal.
 */
export function readResponse(response: Response, text: string, expectedField: string): ApiResponse {
  const { status, ok, headers } = response;
  const etag = headers.get('etag');
  if (status === 304) return { etag, body: null };
  const body = parseObject(text);
  if (ok && expectedField in body) return { etag, body };
  const { code, title, reason, retry_after, request_id } = body as Problem;
  const seconds = Number(retry_after ?? headers.get('retry-after') ?? NaN);
  const details = { status, retryAfter: seconds >= 0 ? seconds : null, requestId: stringOrNull(request_id) ?? headers.get('x-request-id') };
  if (ok || !isProblem(headers) || !stringOrNull(code)) {
    throw new LatchkeyError('not_latchkey', `The response did not come from Latchkey (status ${status})`, details);
  }
  throw new LatchkeyError(code as ErrorCode, stringOrNull(title) ?? String(code), { ...details, reason: stringOrNull(reason) as EndReason | null });
}

/** Whether the response is a problem document; only then its `code` is the API's. */
export function isProblem(headers: Headers): boolean {
  return /^application\/problem\+json/i.test(headers.get('content-type') ?? '');
}

function parseObject(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
