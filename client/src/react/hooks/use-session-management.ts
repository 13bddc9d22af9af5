/** The hook `useSessionManagement`: the user's sessions, this client's token, and the actions on them. */

import { useMemo } from 'react';

import type { TokenStatus } from '../../core/types.js';
import { useSessionStore } from '../provider/latchkey-provider.js';
import type { SessionActions, UserSessionActions } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';
import { UNAVAILABLE_ACTIONS } from '../store/unavailable-actions.js';
import { useAutoRefresh } from './use-auto-refresh.js';
import { useTrackedView } from './use-tracked-view.js';

const FIELDS = [
  'sessions',
  'currentSession',
  'tokenStatus',
  'isTokenExpired',
  'needsTokenRefresh',
  'status',
  'error',
  'isLoading',
  'stale',
  'analytics',
  'recommendations',
  'events',
] as const satisfies readonly (keyof SessionView)[];

type PublicFields = Pick<SessionView, Exclude<(typeof FIELDS)[number], keyof TokenFields>>;

/**
 * The state of the token, as a union that TypeScript can narrow: if the token is neither expired nor in need of a
 * refresh, it has an expiry time, so `new Date(tokenStatus.expiresAt)` compiles. Before the first answer of the
 * server the token counts as in need of a refresh.
 */
export type TokenFields =
  | { readonly isTokenExpired: true; readonly needsTokenRefresh: false; readonly tokenStatus: TokenStatus }
  | { readonly isTokenExpired: false; readonly needsTokenRefresh: true; readonly tokenStatus: TokenStatus }
  | {
      readonly isTokenExpired: false;
      readonly needsTokenRefresh: false;
      readonly tokenStatus: TokenStatus & { readonly expiresAt: string };
    };

/** The result of `useSessionManagement()`. */
export type SessionManagement = PublicFields & SessionActions & TokenFields;

/** The result of `useSessionManagement({ userId })`: the actions take the administrator's reason. */
export type UserSessionManagement = PublicFields & UserSessionActions & TokenFields;

/** The options of `useSessionManagement`. */
export interface SessionManagementOptions {
  /**
   * The user whose sessions to manage. Default: the signed-in user. Another user's sessions require an
   * administrator; for other callers `error` has the code `forbidden`.
   */
  readonly userId?: string | undefined;
}

/**
 * The sessions, the token and the actions of the current client.
 *
 * A component renders again only when a field changes that it reads, and the list is polled only while a mounted
 * component reads it. The actions keep their identity between renders.
 *
 * ```tsx
 * function Sessions() {
 *   const { sessions, revokeSession } = useSessionManagement();
 *   return sessions.map(({ session_id, browser }) => (
 *     <button key={session_id} onClick={() => revokeSession(session_id)}>
 *       Sign out of {browser}
 *     </button>
 *   ));
 * }
 * ```
 */
export function useSessionManagement(): SessionManagement;
export function useSessionManagement(options: SessionManagementOptions): UserSessionManagement;
export function useSessionManagement({ userId }: SessionManagementOptions = {}): UserSessionManagement {
  const store = useSessionStore(userId);
  const { view, read } = useTrackedView(store);
  useAutoRefresh(store, read);
  return useMemo(() => {
    const result = { ...(store?.actions ?? UNAVAILABLE_ACTIONS) };
    for (const field of FIELDS) {
      Object.defineProperty(result, field, { get: () => view[field], enumerable: true });
    }
    // The getters add the fields, and `createView` guarantees the three states of `TokenFields`.
    return result as UserSessionManagement;
  }, [store, view]);
}
