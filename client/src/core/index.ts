/** The client without a view: `createLatchkey`, its add-ons, its errors and its types. It has no side effect on import. */

export { createLatchkey } from './client.js';
export { LatchkeyError } from './errors.js';
export { fetchOf } from './fetch/fetch-of.js';
export type { RefreshKeyStorage } from './session/app-key-store.js';
export { headerMode, type HeaderModeOptions, type TokenStorage } from './session/header-mode.js';
export { sessionsOf } from './sessions/sessions-of.js';
export { userSessionsOf, type UserSessions, type UserState } from './sessions/user-sessions-of.js';
export { type ReadableStore, sessionsStore, stateStore } from './stores/stores.js';
export type { TokenMode } from './token-store.js';
export type * from './types.js';
