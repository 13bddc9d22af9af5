/** The two guards of the app. They fetch nothing before the first request. */

import { createTokenValidationMiddleware } from '@latchkey/react/server';

const options = {
  issuer: process.env.LATCHKEY_ISSUER ?? 'http://127.0.0.1:9000/api/auth',
  audience: process.env.LATCHKEY_AUDIENCE ?? 'latchkey-local',
  // Set COOKIE_SECURE=false only for plain http on a laptop, where the cookies have no `__Host-` prefix.
  cookieSecure: process.env.COOKIE_SECURE !== 'false',
};

/** The offline check requests nothing but the keys. The token of an ended session passes until it expires. */
export const signedIn = createTokenValidationMiddleware(options);

/** The strict check also asks Latchkey whether the session is still active. */
export const stillSignedIn = createTokenValidationMiddleware({ ...options, strict: true });
