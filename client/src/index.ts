/** Latchkey for React: where a user is signed in, and a token that nobody has to think about. */

export * from './core/index.js';
export { LatchkeyProvider, type LatchkeyProviderProps } from './react/provider/latchkey-provider.js';
export {
  type SessionManagement,
  type SessionManagementOptions,
  type UserSessionManagement,
  useSessionManagement,
} from './react/hooks/use-session-management.js';
export { preloadSessionMonitoring, SessionMonitoring, type SessionMonitoringProps } from './react/dashboard/session-monitoring.js';
export type { EndedHow, Labels, PartialLabels } from './react/i18n/labels.js';
