/** What does the client know, and who wants to hear of changes? */

import type { LatchkeyState } from './types.js';

/** Everything that is forgotten with a session. */
export const NOTHING = {
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

/** Nobody has asked the server yet: on a server, and in the browser's first render. */
export const UNKNOWN_STATE: LatchkeyState = Object.freeze({
  ...NOTHING,
  status: 'unknown',
  endedReason: null,
  token: Object.freeze({ state: 'unknown', expiresAt: null, expiresIn: 0, needsRefresh: false, canRefresh: false, sessionId: null }),
  online: true,
});

/** An immutable snapshot and its listeners. */
export interface Store<State = LatchkeyState> {
  get(): State;
  /** Tells the listeners, if anything differs. */
  set(change: Partial<State>): void;
  readonly listeners: Set<() => void>;
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    listeners,
    get: () => state,
    set(change) {
      if ((Object.keys(change) as (keyof State)[]).every((name) => Object.is(change[name], state[name]))) return;
      state = Object.freeze({ ...state, ...change });
      for (const listener of [...listeners]) listener();
    },
  };
}
