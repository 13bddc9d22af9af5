/** How is a request refused? With the same codes, statuses and titles as the API's own endpoints (`verifier/src/refusal.rs`). */

import type { Code, Problem } from '../api.js';
import { AccessTokenError, DpopProofError, VerificationUnavailableError } from './errors.js';

const REFUSALS = {
  invalid_request: [400, 'Invalid request'],
  token_missing: [401, 'Missing token'],
  invalid_token: [401, 'Invalid token'],
  token_expired: [401, 'Access token expired'],
  session_ended: [401, 'Session ended'],
  invalid_dpop_proof: [401, 'Invalid DPoP proof'],
  device_proof_required: [401, 'Proof of the device key required'],
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
    if (error instanceof DpopProofError) return new Refusal(error.code, { detail: error.message, cause: error });
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

  /** The headers, with the challenges that every 401 must have (RFC 6750 section 3, RFC 9449 section 7.1). */
  headers(requestId: string, acceptsDpop: boolean): Record<string, string> {
    return {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...(this.status === 401 && { 'www-authenticate': this.#challenge(acceptsDpop) }),
      ...this.#details.headers,
    };
  }

  #challenge(acceptsDpop: boolean): string {
    if (this.cause instanceof DpopProofError) {
      const error = this.code === 'invalid_dpop_proof' ? this.code : 'invalid_token';
      return `DPoP error="${error}", error_description="${this.cause.message}", algs="ES256"`;
    }
    const error = this.code === 'token_missing' ? '' : ' error="invalid_token"';
    const dpop = `DPoP${error && `${error},`} algs="ES256"`;
    return `Bearer${error}${acceptsDpop ? `, ${dpop}` : ''}`;
  }
}
