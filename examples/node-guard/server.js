/** Starts the API. The settings are those of `make run`. */

import { createApp } from './app.js';

const app = createApp({
  issuer: process.env.LATCHKEY_ISSUER ?? 'http://127.0.0.1:9000/api/auth',
  audience: process.env.LATCHKEY_AUDIENCE ?? 'latchkey-local',
  // Set COOKIE_SECURE=false only for plain http on a laptop, where the cookies have no `__Host-` prefix.
  cookieSecure: process.env.COOKIE_SECURE !== 'false',
  onRefused: ({ code, requestId, cause }) => console.info('refused', { code, requestId, cause }),
});

const server = app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.info(`listening on http://127.0.0.1:${address.port}`);
});
