/** What does an administrator see of somebody else? Their sessions, with the administrator's own sign-in around. */

import type { Latchkey, LatchkeyState } from '../../core/types.js';
import { type UserState, userSessionsOf } from '../../core/sessions/user-sessions-of.js';
import type { Source } from './session-store.js';

/** The source of a user's sessions. */
export function userSource(client: Latchkey, userId: string): Source {
  const user = userSessionsOf(client, userId);
  const all = (reason = ''): ReturnType<typeof user.revokeAll> => user.revokeAll(reason);
  let seen: { own: LatchkeyState; theirs: UserState; state: LatchkeyState } | null = null;
  return {
    userId,
    getState() {
      const [own, theirs] = [client.getState(), user.getState()];
      if (seen?.own !== own || seen.theirs !== theirs) seen = { own, theirs, state: joined(own, theirs) };
      return seen.state;
    },
    subscribe(listener) {
      const leave = [client.subscribe(listener), user.subscribe(listener)];
      return () => {
        for (const each of leave) each();
      };
    },
    signOut: client.signOut,
    sessions: { ...user, revoke: (id, reason = '') => user.revoke(id, reason), revokeOthers: all, revokeAll: all },
  };
}

/** Whose sign-in is over, or about to be refreshed in vain, is told so first. */
function joined(own: LatchkeyState, theirs: UserState): LatchkeyState {
  if (own.status !== 'signed-in') return own;
  const { error, retryAt } = theirs.error === null ? own : theirs;
  return { ...own, ...theirs, error, retryAt };
}
