/** A fake client: the test sets its state and the answers of its calls. */

import { vi } from 'vitest';

import type {
  RevokeResponse,
  EventPage,
  Latchkey,
  LatchkeyErrorLike,
  LatchkeyState,
  Session,
} from '../../../src/core/types.js';
import { ADD_ON, type Extensible } from '../../../src/core/runtime/add-ons.js';
import { UNKNOWN_STATE } from '../../../src/core/session/initial-state.js';

export const REVOKE_RESPONSE: RevokeResponse = {
  ended: 1,
  session_ids: [],
  access_tokens_expire_by: '2026-11-25T10:25:00Z',
};

export function fakeLatchkey(initial: Partial<LatchkeyState> = {}) {
  let state: LatchkeyState = { ...UNKNOWN_STATE, ...initial };
  const listeners = new Set<() => void>();
  const watching = { now: 0, starts: 0 };
  const sessions = {
    list: vi.fn(async (): Promise<readonly Session[]> => state.sessions ?? []),
    get: vi.fn(async (): Promise<Session> => Promise.reject(new Error('not expected in these tests'))),
    revoke: vi.fn(async (_id: string): Promise<RevokeResponse> => REVOKE_RESPONSE),
    revokeOthers: vi.fn(async (): Promise<RevokeResponse> => REVOKE_RESPONSE),
    revokeAll: vi.fn(async (): Promise<RevokeResponse> => REVOKE_RESPONSE),
    events: vi.fn(async (_query?: { cursor?: string }): Promise<EventPage> => ({ events: [], next: null })),
    watch: vi.fn(() => {
      watching.now += 1;
      watching.starts += 1;
      return () => {
        watching.now -= 1;
      };
    }),
  };
  const client = {
    getState: () => state,
    subscribe: vi.fn((listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    }),
    signIn: vi.fn(async () => Promise.reject(new Error('not expected in these tests'))),
    signOut: vi.fn(async () => {}),
    refresh: vi.fn(async () => state.token),
    // The dashboard uses one add-on: the sessions.
    [ADD_ON]: <T>() => sessions as T,
    dispose: vi.fn(),
  } satisfies Latchkey & Extensible;
  return {
    client,
    sessions,
    watching,
    listeners,
    set(part: Partial<LatchkeyState>): void {
      state = { ...state, ...part };
      for (const listener of [...listeners]) listener();
    },
  };
}

export type FakeLatchkey = ReturnType<typeof fakeLatchkey>;

export function latchkeyError(
  code: LatchkeyErrorLike['code'],
  more: Partial<Pick<LatchkeyErrorLike, 'status' | 'retryAfter' | 'requestId'>> = {},
): LatchkeyErrorLike {
  return Object.assign(new Error(code), { code, status: null, retryAfter: null, requestId: null, ...more });
}

/** A promise that the test resolves or rejects. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
