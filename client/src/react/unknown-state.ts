/** What is known before anything was asked: on a server, and in the browser's first render. */

import type { LatchkeyState } from '../core/types.js';

/** Nobody has asked the server yet. */
export const UNKNOWN_STATE: LatchkeyState = Object.freeze({
  status: 'unknown',
  endedReason: null,
  token: Object.freeze({
    state: 'unknown',
    expiresAt: null,
    expiresIn: 0,
    needsRefresh: false,
    canRefresh: false,
    sessionId: null,
  }),
  sessions: null,
  analytics: null,
  recommendations: Object.freeze([]),
  sessionLimit: null,
  confirmedAt: null,
  online: true,
  stale: false,
  error: null,
  retryAt: null,
});
