/** What components read: the core's state, less what is being signed out, in the hook's words. */

import type {
  Analytics,
  LatchkeyErrorLike,
  LatchkeyState,
  Recommendation,
  SecurityEvent,
  Session,
  TokenStatus,
} from '../../core/types.js';
import type { Trail } from './event-trail.js';

/** Every field that a component can subscribe to. */
export interface SessionView {
  /** Whom an administrator looks at; `null` for one's own sessions. */
  readonly userId: string | null;
  readonly status: LatchkeyState['status'];
  readonly endedReason: LatchkeyState['endedReason'];
  /** Always an array: empty before the first answer, the caller's own session first. */
  readonly sessions: readonly Session[];
  readonly currentSession: Session | null;
  readonly tokenStatus: TokenStatus;
  readonly isTokenExpired: boolean;
  readonly needsTokenRefresh: boolean;
  readonly isLoading: boolean;
  readonly stale: boolean;
  /** Of the last action that was refused, else of the last call that the core made by itself. */
  readonly error: LatchkeyErrorLike | null;
  /** The core's alone: it tries again by itself. */
  readonly connectionError: LatchkeyErrorLike | null;
  readonly analytics: Analytics | null;
  readonly recommendations: readonly Recommendation[];
  /** Newest first; empty before the first answer. */
  readonly events: readonly SecurityEvent[];
  /** The trail has been read, so that no events are none. */
  readonly areEventsKnown: boolean;
  readonly hasMoreEvents: boolean;
  readonly sessionLimit: number | null;
  readonly confirmedAt: number | null;
  readonly online: boolean;
  readonly retryAt: number | null;
}

/** What this page did itself and the core does not know. */
export interface Local {
  /** Sessions that are being signed out, or were and are still in the core's list. */
  readonly leaving: ReadonlySet<string>;
  readonly trail: Trail;
  /** Of the last action that was refused. */
  readonly refused: LatchkeyErrorLike | null;
}

/** The view of a state; whatever did not change keeps its reference. */
export function viewOf(state: LatchkeyState, local: Local, userId: string | null, before: SessionView | null): SessionView {
  const { leaving, trail, refused } = local;
  const all = state.sessions ?? [];
  const sessions = leaving.size === 0 ? all : all.filter((session) => !leaving.has(session.session_id));
  const recommendations = state.recommendations.filter(
    ({ session_id }) => session_id === null || !leaving.has(session_id),
  );
  return {
    userId,
    status: state.status,
    endedReason: state.endedReason,
    sessions: kept(before?.sessions, sessions),
    currentSession: sessions.find((session) => session.is_current) ?? null,
    tokenStatus: state.token,
    isTokenExpired: isExpired(state),
    needsTokenRefresh: !isExpired(state) && (state.token.needsRefresh || state.token.expiresAt === null),
    isLoading: state.status === 'unknown' || (state.status === 'signed-in' && state.sessions === null),
    stale: state.stale,
    error: refused ?? state.error,
    connectionError: state.error,
    analytics: state.analytics,
    recommendations: kept(before?.recommendations, recommendations),
    events: kept(before?.events, trail.events ?? []),
    areEventsKnown: trail.events !== null,
    hasMoreEvents: trail.next !== null,
    // The sentence of an eviction speaks of it when the rest is forgotten.
    sessionLimit: state.sessionLimit ?? (state.status === 'signed-out' ? (before?.sessionLimit ?? null) : null),
    confirmedAt: state.confirmedAt,
    online: state.online,
    retryAt: state.retryAt,
  };
}

/** There is no token that a call could be made with, and none can be had without signing in. */
function isExpired({ status, token }: LatchkeyState): boolean {
  if (status === 'signed-out' || token.state === 'none' || token.state === 'ended') return true;
  return token.state === 'expired' && !token.canRefresh;
}

function kept<T>(before: readonly T[] | undefined, now: readonly T[]): readonly T[] {
  const same = before?.length === now.length && before.every((item, index) => item === now[index]);
  return same ? before : now;
}
