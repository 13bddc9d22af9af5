/** A client that never changes: it has one state and one page of events, and accepts every action. */

import { ADD_ON, type Extensible } from '../src/core/runtime/add-ons.js';
import { UNKNOWN_STATE } from '../src/core/session/initial-state.js';
import type { Fleet } from '../src/core/fleet/fleet-types.js';
import type { Latchkey, LatchkeyState, RevokeResponse, SecurityEvent, Sessions } from '../src/core/types.js';
import { PREVIEW, SIGN_INS } from './console-data.js';

const revoke = async (): Promise<RevokeResponse> => ({ ended: 1, session_ids: [], access_tokens_expire_by: '2026-11-25T10:25:00Z' });
const never = async (): Promise<never> => new Promise(() => {});

/** The actions of an administrator. Each state of the console adds what it reads. */
const actions: Partial<Fleet> = {
  suspend: revoke,
  resume: async () => true,
  signIns: async () => ({ network: PREVIEW.network, signIns: SIGN_INS, next: null }),
  previewNetwork: async () => PREVIEW,
  endNetwork: async () => ({ ...PREVIEW, preview: false }),
};

export function staticClient(part: Partial<LatchkeyState>, events: readonly SecurityEvent[], fleet: Partial<Fleet> = {}): Latchkey & Extensible {
  const state: LatchkeyState = { ...UNKNOWN_STATE, ...part };
  const sessions: Sessions = {
    list: async () => state.sessions ?? [],
    get: never,
    revoke,
    revokeOthers: revoke,
    revokeAll: revoke,
    events: async () => ({ events, next: events.length > 0 ? 'older' : null }),
    watch: () => () => {},
  };
  // An administrator's view asks for the sessions of a user by a call, and has the same state.
  const ofUser = { ...sessions, getState: () => state, subscribe: () => () => {} };
  // The add-ons are one object, because their methods have different names, except for `events`, whose answers have one form.
  const addOn = Object.assign(() => ofUser, sessions, actions, fleet);
  return {
    getState: () => state,
    subscribe: () => () => {},
    signIn: never,
    signOut: async () => {},
    refresh: async () => state.token,
    dispose: () => {},
    [ADD_ON]: <T>() => addOn as T,
  };
}
