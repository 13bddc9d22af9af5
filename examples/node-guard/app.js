/** An Express API with two guarded routes: orders with the offline check, settings with the strict check. */

import { authOf, createTokenValidationMiddleware } from '@latchkey/react/server';
import express from 'express';

/** @param {import('@latchkey/react/server').TokenValidationOptions} options */
export function createApp(options) {
  const app = express();

  // The offline check requests nothing but the keys. The token of an ended session passes until it expires.
  app.use('/api/orders', createTokenValidationMiddleware(options));
  app.get('/api/orders', (request, response) => {
    response.json({ ordersOf: authOf(request).userId });
  });

  // The strict check also asks Latchkey whether the session is still active.
  app.use('/api/settings', createTokenValidationMiddleware({ ...options, strict: true }));
  app.put('/api/settings', (request, response) => {
    response.json({ changedBy: authOf(request).sessionId });
  });

  return app;
}
