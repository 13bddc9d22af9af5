/** How is a request refused? With the same codes, statuses and titles as the API's own endpoints (`verifier/src/refusal.rs`). */

import type { Code, Problem } from '../api.js';
import { AccessTokenError, VerificationUnavailableError } from './errors.js';

const REFUSALS = {
  invalid_request: [400, 'Invalid request'],
  token_missing: [401, 'Missing token'],
  invalid_token: [401, 'Invalid token'],
  token_expired: [401, 'Access token expired'],
  forbidden: [403, 'Insufficient scope'],
  csrf_rejected: [403, 'Cookie sent by a page of another site'],
  store_unavailable: [503, 'Store unavailable'],
} as const satisfies Partial<Record<Code, readonly [status: number, title: string]>>;

/** The codes of a refused request. */
export type RefusalCode = keyof typeof REFUSALS;

interface Details {
  readonly detail?: string;
  readonly members?: Pick<Problem, 'field' | 'retry_after'>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refused request. A check throws it, and the guard writes it as the response. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly #details: Details;

  constructor(
    readonly code: RefusalCode,
    details: Details = {},
  ) {
    super(REFUSALS[code][1], { cause: details.cause });
    this.status = REFUSALS[code][0];
    this.#details = details;
  }

  /** A field of the request that is not valid, and why. */
  static field(field: string, problem: string): Refusal {
    return new Refusal('invalid_request', { detail: `${field}: ${problem}`, members: { field } });
  }

  /** The caller is signed in but lacks a scope (RFC 6750 section 3.1). */
  static insufficientScope(scope: string): Refusal {
    const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
    return new Refusal('forbidden', { detail: `requires the scope ${scope}`, headers: { 'www-authenticate': challenge } });
  }

  /** The refusal for an error of a check; errors of other types are bugs and are thrown again. */
  static of(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (error instanceof AccessTokenError) return new Refusal(error.code, { cause: error });
    if (!(error instanceof VerificationUnavailableError)) throw error;
    const retryAfter = error.retryAfter;
    return new Refusal(error.code, {
      members: { retry_after: retryAfter },
      headers: { 'retry-after': String(retryAfter) },
      cause: error,
    });
  }

  /** The body: `application/problem+json` (RFC 9457). */
  body(requestId: string): Problem {
    const title = REFUSALS[this.code][1];
    return {
      type: `https://latchkey.dev/problems/${this.code.replaceAll('_', '-')}`,
      title,
      status: this.status,
      code: this.code,
      detail: this.#details.detail ?? title,
      request_id: requestId,
      ...this.#details.members,
    };
  }

  /** The headers, with the challenge that every 401 must have (RFC 6750 section 3). */
  headers(requestId: string): Record<string, string> {
    const challenge = this.code === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"';
    return {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...(this.status === 401 && { 'www-authenticate': challenge }),
      ...this.#details.headers,
    };
  }
}
