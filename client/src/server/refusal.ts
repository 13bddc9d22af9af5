/** How is a request refused? With a code, a status and a sentence, as the API's own endpoints refuse. */

import type { Code, Problem } from '../api.js';
import { AccessTokenError, CannotTellError } from './errors.js';

const FACTS = {
  invalid_request: [400, 'A field is wrong'],
  token_missing: [401, 'No token was sent'],
  invalid_token: [401, 'The token is not valid'],
  token_expired: [401, 'The access token has expired'],
  session_ended: [401, 'The session has ended'],
  forbidden: [403, 'Not allowed'],
  csrf_rejected: [403, "A cookie came from another site's page"],
  store_unavailable: [503, 'The store cannot be reached'],
} as const satisfies Partial<Record<Code, readonly [status: number, title: string]>>;

/** The codes with which a request may be refused. */
export type RefusalCode = keyof typeof FACTS;

interface Details {
  readonly detail?: string;
  readonly members?: Pick<Problem, 'field' | 'retry_after'>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that is not let through. Thrown where it is found out, written where the answer is. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly #details: Details;

  constructor(
    readonly code: RefusalCode,
    details: Details = {},
  ) {
    super(FACTS[code][1], { cause: details.cause });
    this.status = FACTS[code][0];
    this.#details = details;
  }

  /** A field of the request that is wrong, and what is wrong with it. */
  static field(field: string, wrong: string): Refusal {
    return new Refusal('invalid_request', { detail: `${field}: ${wrong}`, members: { field } });
  }

  /** The caller is known and may not do this without a scope word (RFC 6750 section 3.1). */
  static insufficientScope(word: string): Refusal {
    const challenge = `Bearer error="insufficient_scope", scope="${word}"`;
    return new Refusal('forbidden', { detail: `needs the scope ${word}`, headers: { 'www-authenticate': challenge } });
  }

  /** A refusal for what a check has thrown; anything but its typed errors is a fault and stays one. */
  static of(error: unknown): Refusal {
    if (error instanceof Refusal) return error;
    if (error instanceof AccessTokenError) return new Refusal(error.code, { cause: error });
    if (!(error instanceof CannotTellError)) throw error;
    const retryAfter = error.retryAfter;
    return new Refusal(error.code, {
      members: { retry_after: retryAfter },
      headers: { 'retry-after': String(retryAfter) },
      cause: error,
    });
  }

  /** The body: `application/problem+json` (RFC 9457). */
  body(requestId: string): Problem {
    const title = FACTS[this.code][1];
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

  /** The headers, with the challenge that each 401 carries (RFC 6750 section 3). */
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
