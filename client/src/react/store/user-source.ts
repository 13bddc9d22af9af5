/** The session source for an administrator's view of another user. */

import type { Latchkey, LatchkeyState } from '../../core/types.js';
import { type UserState, userSessionsOf } from '../../core/sessions/user-sessions-of.js';
import type { SessionSource } from './session-source.js';

export function createUserSource(client: Latchkey, userId: string): SessionSource {
  const user = userSessionsOf(client, userId);
  const revokeAll = (reason = ''): ReturnType<typeof user.revokeAll> => user.revokeAll(reason);
  let cached: { own: LatchkeyState; theirs: UserState; state: LatchkeyState } | null = null;
  return {
    userId,
    getState() {
      const [own, theirs] = [client.getState(), user.getState()];
      if (cached?.own !== own || cached.theirs !== theirs) cached = { own, theirs, state: mergeStates(own, theirs) };
      return cached.state;
    },
    subscribe(listener) {
      const unsubscribe = [client.subscribe(listener), user.subscribe(listener)];
      return () => {
        for (const each of unsubscribe) each();
      };
    },
    signOut: client.signOut,
    sessions: { ...user, revoke: (id, reason = '') => user.revoke(id, reason), revokeOthers: revokeAll, revokeAll },
  };
}

/** The user's sessions with the administrator's own status and token. After the administrator's own sign-out there are no sessions. */
function mergeStates(own: LatchkeyState, theirs: UserState): LatchkeyState {
  if (own.status !== 'signed-in') return own;
  const { error, retryAt } = theirs.error === null ? own : theirs;
  return { ...own, ...theirs, error, retryAt };
}
