/** The state and the calls that a session store is built on: the client's own, or those of another user. */

import type { RevokeResponse, LatchkeyState, Sessions } from '../../core/types.js';

export interface SessionSource {
  /** The user that an administrator looks at; `null` for the signed-in user. */
  readonly userId: string | null;
  getState(): LatchkeyState;
  subscribe(listener: () => void): () => void;
  signOut(): Promise<void>;
  readonly sessions: Pick<Sessions, 'list' | 'events' | 'watch'> & {
    revoke(id: string, reason?: string): Promise<RevokeResponse>;
    revokeOthers(reason?: string): Promise<RevokeResponse>;
    revokeAll(reason?: string): Promise<RevokeResponse>;
  };
}
