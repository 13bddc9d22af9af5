/** The client without a view: `createLatchkey`, what an app adds to it, its errors and its types. Safe to import anywhere. */

export { createLatchkey } from './client.js';
export { LatchkeyError } from './errors.js';
export { fetchOf } from './fetch.js';
export { headerMode, type HeaderModeOptions, type Mode, type TokenStorage } from './header-mode.js';
export { sessionsOf } from './sessions.js';
export type * from './types.js';
export { userSessionsOf, type UserSessions, type UserState } from './user-sessions.js';
