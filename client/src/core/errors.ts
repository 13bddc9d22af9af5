/** What went wrong? One error class, whose `code` is the API's or one of the client's own. */

import type { EndReason, ErrorCode, LatchkeyErrorLike } from './types.js';

/** The fields that a response adds to a code. */
export interface ErrorDetails {
  readonly status?: number | null;
  readonly retryAfter?: number | null;
  readonly requestId?: string | null;
  readonly reason?: EndReason | null;
}

/**
 * The error of every call that failed.
 *
 * It has no `cause`, because a browser that rejects a header quotes the header in its error, and the token with it.
 *
 * ```ts
 * try {
 *   await latchkey.signIn(assertion);
 * } catch (error) {
 *   if (error instanceof LatchkeyError && error.code === 'rate_limited') retryIn(error.retryAfter);
 * }
 * ```
 */
export class LatchkeyError extends Error implements LatchkeyErrorLike {
  override readonly name = 'LatchkeyError';
  declare readonly status: number | null;
  declare readonly retryAfter: number | null;
  declare readonly requestId: string | null;
  /** Why the session ended, if `code` is `session_ended`. */
  declare readonly reason: EndReason | null;

  constructor(readonly code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    Object.assign(this, { status: null, retryAfter: null, requestId: null, reason: null, ...details });
  }
}
