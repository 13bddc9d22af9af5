/** The actions where there is no client, for example in a render on a server: each one rejects. */

import type { SessionActions } from './session-store.js';

function reject(): Promise<never> {
  return Promise.reject(
    new Error('No Latchkey client: call this in a browser, or inside <LatchkeyProvider client={...}>'),
  );
}

export const UNAVAILABLE_ACTIONS: SessionActions = {
  revokeSession: reject,
  revokeOtherSessions: reject,
  revokeAllSessions: reject,
  signOut: reject,
  refreshSessions: reject,
  loadMoreEvents: reject,
};
