/** What does a client know before it has asked the server, and after the session has ended? */

import type { LatchkeyState } from '../types.js';

/** Everything that a client forgets when its session ends. */
export const SIGNED_OUT_STATE = {
  userId: null,
  sessions: null,
  analytics: null,
  recommendations: Object.freeze([]),
  sessionLimit: null,
  confirmedAt: null,
  stale: false,
  error: null,
  retryAt: null,
} satisfies Partial<LatchkeyState>;

/** The state before the first response: on a server, and in the browser's first render. */
export const UNKNOWN_STATE: LatchkeyState = Object.freeze({
  ...SIGNED_OUT_STATE,
  status: 'unknown',
  endedReason: null,
  token: Object.freeze({ state: 'unknown', expiresAt: null, expiresIn: 0, needsRefresh: false, canRefresh: false, sessionId: null }),
  serverTimeOffset: 0,
  online: true,
});
