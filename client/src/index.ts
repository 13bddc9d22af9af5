'use client';

/**
 * Latchkey for React: a provider, a hook and a dashboard for sessions, and the client with its token refresh.
 *
 * With `'use client'`, server components of Next.js can render the components. Next.js refuses `export *` in such a file, so
 * the names of the core are listed. A server component that needs the client itself imports `@latchkey/react/core`.
 */

export { createLatchkey, fetchOf, headerMode, LatchkeyError, sessionsOf, sessionsStore, stateStore, userSessionsOf } from './core/index.js';
export type * from './core/index.js';
export { LatchkeyProvider, type LatchkeyProviderProps } from './react/provider/latchkey-provider.js';
export {
  type SessionManagement,
  type SessionManagementOptions,
  type UserSessionManagement,
  useSessionManagement,
} from './react/hooks/use-session-management.js';
export { preloadSessionMonitoring, SessionMonitoring, type SessionMonitoringProps } from './react/dashboard/session-monitoring.js';
export type { Labels, PartialLabels } from './react/i18n/labels.js';
