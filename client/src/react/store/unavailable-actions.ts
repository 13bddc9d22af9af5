/** What can be asked for where there is no client: nothing. */

import type { SessionActions } from './session-store.js';

function refuse(): Promise<never> {
  return Promise.reject(new Error('No Latchkey client: in a browser, or below <LatchkeyProvider client>'));
}

/** On a server, where a render cannot sign anybody out. */
export const NO_ACTIONS: SessionActions = {
  revokeSession: refuse,
  revokeOtherSessions: refuse,
  revokeAllSessions: refuse,
  signOut: refuse,
  refreshSessions: refuse,
  loadMoreEvents: refuse,
};
