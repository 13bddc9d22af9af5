import { createApp } from './app.js';

const app = createApp({
  issuer: process.env.LATCHKEY_ISSUER ?? 'http://127.0.0.1:9000/api/auth',
  audience: process.env.LATCHKEY_AUDIENCE ?? 'latchkey-local',
  cookieSecure: process.env.COOKIE_SECURE !== 'false',
  onRefused: ({ code, requestId, cause }) => console.info('refused', { code, requestId, cause }),
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
