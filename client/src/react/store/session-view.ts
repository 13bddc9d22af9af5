/** The core's state as components read it, without the sessions that are being signed out. */

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
  /** The user that an administrator looks at; `null` for the signed-in user. */
  readonly userId: string | null;
  /** The user whose sessions these are; `null` before the first answer. */
  readonly account: string | null;
  readonly status: LatchkeyState['status'];
  readonly endedReason: LatchkeyState['endedReason'];
  /** The caller's own session first; empty before the first answer. */
  readonly sessions: readonly Session[];
  readonly currentSession: Session | null;
  readonly tokenStatus: TokenStatus;
  readonly isTokenExpired: boolean;
  readonly needsTokenRefresh: boolean;
  readonly isLoading: boolean;
  readonly stale: boolean;
  /** The error of the last action, or else of the last call that the core made by itself. */
  readonly error: LatchkeyErrorLike | null;
  /** The error of the core's own calls, which the core retries. */
  readonly connectionError: LatchkeyErrorLike | null;
  readonly analytics: Analytics | null;
  readonly recommendations: readonly Recommendation[];
  /** Newest first; empty before the first answer. */
  readonly events: readonly SecurityEvent[];
  /** `true` once the trail was read, so that an empty list means that there are no events. */
  readonly hasLoadedEvents: boolean;
  readonly hasMoreEvents: boolean;
  readonly sessionLimit: number | null;
  readonly confirmedAt: number | null;
  readonly serverTimeOffset: number;
  readonly online: boolean;
  readonly retryAt: number | null;
}

/** The changes of this page that the core does not know about. */
export interface LocalChanges {
  /** Sessions with a sign-out on its way, or signed out but still in the core's list. */
  readonly revoking: ReadonlySet<string>;
  readonly trail: Trail;
  /** The error of the last action. */
  readonly actionError: LatchkeyErrorLike | null;
}

/** The view of a state. Lists that did not change keep their reference from the view before. */
export function createView(
  state: LatchkeyState,
  local: LocalChanges,
  userId: string | null,
  before: SessionView | null,
): SessionView {
  const { revoking, trail, actionError } = local;
  const all = state.sessions ?? [];
  const sessions = revoking.size === 0 ? all : all.filter((session) => !revoking.has(session.session_id));
  const recommendations = state.recommendations.filter(
    ({ session_id }) => session_id === null || !revoking.has(session_id),
  );
  return {
    userId,
    account: state.userId,
    status: state.status,
    endedReason: state.endedReason,
    sessions: keepReference(before?.sessions, sessions),
    currentSession: sessions.find((session) => session.is_current) ?? null,
    tokenStatus: state.token,
    isTokenExpired: isExpired(state),
    needsTokenRefresh: !isExpired(state) && (state.token.needsRefresh || state.token.expiresAt === null),
    isLoading: state.status === 'unknown' || (state.status === 'signed-in' && state.sessions === null),
    stale: state.stale,
    error: actionError ?? state.error,
    connectionError: state.error,
    analytics: state.analytics,
    recommendations: keepReference(before?.recommendations, recommendations),
    events: keepReference(before?.events, trail.events ?? []),
    hasLoadedEvents: trail.events !== null,
    hasMoreEvents: trail.next !== null,
    // The core forgets the limit on sign-out, but the text about an eviction names it.
    sessionLimit: state.sessionLimit ?? (state.status === 'signed-out' ? (before?.sessionLimit ?? null) : null),
    confirmedAt: state.confirmedAt,
    serverTimeOffset: state.serverTimeOffset,
    online: state.online,
    retryAt: state.retryAt,
  };
}

/** There is no valid token, and only a new sign-in can get one. */
function isExpired({ status, token }: LatchkeyState): boolean {
  if (status === 'signed-out' || token.state === 'none' || token.state === 'ended') return true;
  return token.state === 'expired' && !token.canRefresh;
}

function keepReference<T>(before: readonly T[] | undefined, now: readonly T[]): readonly T[] {
  const isSame = before?.length === now.length && before.every((item, index) => item === now[index]);
  return isSame ? before : now;
}
