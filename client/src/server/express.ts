/**
 * Types for Express: `request.auth` on routes behind the guard. On other routes it is undefined.
 *
 * ```ts
 * import '@latchkey/react/server/express';
 * ```
 */

import type { Auth } from './auth.js';

declare global {
  namespace Express {
    interface Request {
      readonly auth: Auth;
    }
  }
}
