/** The app's two guards, made once. Nothing is fetched before the first request. */

import { createTokenValidationMiddleware } from '@latchkey/react/server';

const options = {
  issuer: process.env.LATCHKEY_ISSUER ?? 'http://127.0.0.1:9000/api/auth',
  audience: process.env.LATCHKEY_AUDIENCE ?? 'latchkey-local',
  cookieSecure: process.env.COOKIE_SECURE !== 'false',
};

/** Offline: no call but for the keys. A session that was ended passes until its token expires. */
export const signedIn = createTokenValidationMiddleware(options);

/** Strict: also asks Latchkey whether the session still lives, for what must not wait an hour. */
export const stillSignedIn = createTokenValidationMiddleware({ ...options, strict: true });
