/** An API whose routes know who is signed in: orders for everybody, settings asked strictly. */

import { authOf, createTokenValidationMiddleware, type TokenValidationOptions } from '@latchkey/react/server';
import express, { type Express } from 'express';

export function createApp(options: TokenValidationOptions): Express {
  const app = express();

  // Offline: no call but for the keys. A session that was ended passes until its token expires.
  app.use('/api/orders', createTokenValidationMiddleware(options));
  app.get('/api/orders', (request, response) => {
    response.json({ ordersOf: authOf(request).userId });
  });

  // Strict: also asks Latchkey whether the session still lives, for what must not wait an hour.
  app.use('/api/settings', createTokenValidationMiddleware({ ...options, strict: true }));
  app.put('/api/settings', (request, response) => {
    response.json({ changedBy: authOf(request).sessionId });
  });

  return app;
}
