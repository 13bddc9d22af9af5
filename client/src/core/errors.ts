/** What went wrong? One error class, whose `code` is the API's or one of the client's own. */

import type { EndReason, ErrorCode, LatchkeyErrorLike } from './types.js';

/** What the API adds to a code. */
export interface ErrorDetails {
  readonly status?: number | null;
  readonly retryAfter?: number | null;
  readonly requestId?: string | null;
  readonly reason?: EndReason | null;
}

/**
 * A call that did not do what it was asked.
 *
 * It has no `cause`: what a browser says about a header that it does not like quotes the header, token and all.
 */
export class LatchkeyError extends Error implements LatchkeyErrorLike {
  override readonly name = 'LatchkeyError';
  declare readonly status: number | null;
  declare readonly retryAfter: number | null;
  declare readonly requestId: string | null;
  /** Why the session ended, where `code` is `session_ended`. */
  declare readonly reason: EndReason | null;

  constructor(readonly code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    Object.assign(this, { status: null, retryAfter: null, requestId: null, reason: null, ...details });
  }
}
