/** The hook: a user's sessions, this client's token, and what can be done about them. */

import { useMemo } from 'react';

import type { TokenStatus } from '../../core/types.js';
import { useSessionStore } from '../provider/latchkey-provider.js';
import { NO_ACTIONS } from '../store/unavailable-actions.js';
import type { SessionActions, UserSessionActions } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';
import { useTrackedView } from './use-tracked-view.js';
import { useWatching } from './use-auto-refresh.js';

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

type Public = Pick<SessionView, Exclude<(typeof FIELDS)[number], keyof TokenView>>;

/**
 * Where the token stands. Once it is neither expired nor in need of a refresh it has an end, and the types
 * know: `new Date(tokenStatus.expiresAt)` compiles after the two questions. Before the first answer a token
 * counts as in need of a refresh.
 */
export type TokenView =
  | { readonly isTokenExpired: true; readonly needsTokenRefresh: false; readonly tokenStatus: TokenStatus }
  | { readonly isTokenExpired: false; readonly needsTokenRefresh: true; readonly tokenStatus: TokenStatus }
  | {
      readonly isTokenExpired: false;
      readonly needsTokenRefresh: false;
      readonly tokenStatus: TokenStatus & { readonly expiresAt: string };
    };

/** What the hook returns. */
export type SessionManagement = Public & SessionActions & TokenView;

/** What it returns for a user: to end what is somebody else's takes a reason. */
export type UserSessionManagement = Public & UserSessionActions & TokenView;

/** Whose sessions. */
export interface SessionManagementOptions {
  /** Somebody else's, for an administrator; whoever is no administrator gets the error `forbidden`. Default one's own. */
  readonly userId?: string | undefined;
}

/**
 * Sessions, token and actions of the client in use.
 *
 * A component is rendered again only when a field changes that it reads; the list is polled only while a
 * mounted component reads it. Actions are the same functions for ever.
 */
export function useSessionManagement(): SessionManagement;
export function useSessionManagement(options: SessionManagementOptions): UserSessionManagement;
export function useSessionManagement({ userId }: SessionManagementOptions = {}): UserSessionManagement {
  const store = useSessionStore(userId);
  const { view, read } = useTrackedView(store);
  useWatching(store, read);
  return useMemo(() => {
    const result = { ...(store?.actions ?? NO_ACTIONS) };
    for (const field of FIELDS) {
      Object.defineProperty(result, field, { get: () => view[field], enumerable: true });
    }
    // The getters add what the type says; `viewOf` keeps the three states of a token apart.
    return result as UserSessionManagement;
  }, [store, view]);
}
