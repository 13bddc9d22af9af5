/** Latchkey for React: a provider, a hook and a dashboard for sessions, and the client with its token refresh. */

export * from './core/index.js';
export { LatchkeyProvider, type LatchkeyProviderProps } from './react/provider/latchkey-provider.js';
export {
  type SessionManagement,
  type SessionManagementOptions,
  type UserSessionManagement,
  useSessionManagement,
} from './react/hooks/use-session-management.js';
export { preloadSessionMonitoring, SessionMonitoring, type SessionMonitoringProps } from './react/dashboard/session-monitoring.js';
export type { Labels, PartialLabels, SignedOutReason } from './react/i18n/labels.js';
