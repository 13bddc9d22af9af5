// The API on auth.shop.localhost, the app and its backend on app.shop.localhost, with COOKIE_DOMAIN. Chromium treats names
// below localhost as encrypted, so that cookies with the prefixes __Host- and __Secure- work.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { chromiumOptions, startLocalServer } from './support/local-server.mjs';
import { signInWith, signOutOn, status, useOwnPages } from './support/own-page.mjs';
import { newUser } from './support/user.mjs';

const ISSUER = 'https://auth.shop.localhost/api/auth';
const ACCESS = '__Secure-latchkey_access';

const { dist, pageOf, forwardTo } = useOwnPages();
const api = {};
let browser, guard, appPort, apiPort;

before(async () => {
  apiPort = await forwardTo(() => api);
  appPort = await pageOf(() => `http://auth.shop.localhost:${apiPort}/api/auth`, (...call) => backend(...call));
  const settings = {
    LATCHKEY_ISSUER: ISSUER,
    LATCHKEY_ALLOWED_ORIGINS: `http://app.shop.localhost:${appPort}`,
    COOKIE_SECURE: 'true',
    COOKIE_DOMAIN: 'shop.localhost',
  };
  Object.assign(api, await startLocalServer(settings));
  const { createTokenValidationMiddleware } = await import(`${pathToFileURL(dist)}/server/index.js`);
  guard = createTokenValidationMiddleware({
    issuer: ISSUER,
    audience: 'latchkey-local',
    cookieDomain: 'shop.localhost',
    // The name of the issuer exists in the browser only.
    fetch: (url, init) => fetch(String(url).replace('https://auth.shop.localhost', api.url), init),
  });
  browser = await chromium.launch(chromiumOptions);
});

after(async () => {
  await browser?.close();
  api.stop?.();
});

/** The app's own backend, and another host of the domain, which is an attacker's. */
function backend(request, response) {
  if (request.url === '/toss') {
    const line = `${ACCESS}=${request.headers['x-token']}; Domain=shop.localhost; Path=${request.headers['x-path']}; Secure; HttpOnly`;
    return response.writeHead(204, { 'set-cookie': line }).end();
  }
  guard(request, response, () => response.end(request.auth.userId));
}

async function signIn({ page }, sub) {
  const { assertion } = await api.post('/dev/assertion', { sub });
  await signInWith(page, assertion);
}

const ordersOf = (page) =>
  page.evaluate(async () => {
    const response = await globalThis.authenticatedFetch('/api/orders', { method: 'POST' });
    return response.ok ? response.text() : (await response.json()).code;
  });

async function openApp() {
  const user = await newUser({ browser, url: `http://app.shop.localhost:${appPort}` });
  return { ...user, page: await user.open() };
}

/** A page on another host of the domain sets a cookie. */
async function toss({ context }, token, path) {
  const page = await context.newPage();
  await page.goto(`http://blog.shop.localhost:${appPort}`);
  const sent = page.evaluate(([token, path]) => fetch('/toss', { headers: { 'x-token': token, 'x-path': path } }).then((response) => response.status), [token, path]);
  assert.equal(await sent, 204);
  await page.close();
}

test('a backend on a sibling host gets the access cookie, and no refresh cookie', async () => {
  const app = await openApp();
  await status(app.page, 'signed-out');
  await signIn(app, 'alice');
  assert.equal(await ordersOf(app.page), 'alice');
  const cookies = (await app.context.cookies()).map(({ name, domain }) => `${name} ${domain}`).sort();
  assert.deepEqual(cookies, ['__Host-latchkey_refresh auth.shop.localhost', `${ACCESS} .shop.localhost`]);
  await app.page.reload();
  await status(app.page, 'signed-in');
  assert.equal(await ordersOf(app.page), 'alice');
  await signOutOn(app.page);
  assert.equal(await ordersOf(app.page), 'token_missing');
  assert.deepEqual(await app.context.cookies(), []);
  await app.context.close();
});

test('the API refuses a cookie that a sibling replaced, and a refresh restores it', async () => {
  const app = await openApp();
  await signIn(app, 'alice');
  const mallory = await api.login('mallory');
  await toss(app, mallory.access_token, '/');
  // The client checks the status when its tab is shown again, so that it may have restored the cookie already.
  assert.match(await ordersOf(app.page), /^(mallory|alice)$/, 'the backend alone cannot notice it');
  const list = () => app.page.evaluate(async (url) => (await globalThis.authenticatedFetch(url, { credentials: 'include' })).json(), `http://auth.shop.localhost:${apiPort}/api/auth/sessions`);
  const answer = await list();
  assert.ok(answer.code === 'token_expired' || answer.sessions[0].session_id !== mallory.session_id, JSON.stringify(answer));
  await app.page.evaluate((url) => fetch(url, { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}' }), `http://auth.shop.localhost:${apiPort}/api/auth/refresh`);
  assert.deepEqual((await list()).sessions.map(({ session_id }) => session_id === mallory.session_id), [false]);
  assert.equal(await ordersOf(app.page), 'alice');
  await app.context.close();
});

test('a second cookie of a sibling is refused, and signing out still works', async () => {
  const app = await openApp();
  await signIn(app, 'alice');
  const mallory = await api.login('mallory');
  await toss(app, mallory.access_token, '/api');
  assert.equal(await ordersOf(app.page), 'invalid_request');
  await signOutOn(app.page);
  const left = (await app.context.cookies()).map(({ name, path }) => `${name} ${path}`);
  assert.deepEqual(left, [`${ACCESS} /api`]);
  await app.context.close();
});
