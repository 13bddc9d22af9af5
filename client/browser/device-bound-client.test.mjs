// Our client and the browser's own binding: the client leaves the renewal of the access cookie to Chromium.
import assert from 'node:assert/strict';
import { storiesOn, useTlsServer } from './support/bound-browser.mjs';
import { bind, deviceRequests } from './support/bound-steps.mjs';
import { clientScript } from './support/client-script.mjs';
import { until } from './support/steps.mjs';
import { tlsGate } from './support/tls-gate.mjs';
import { requestTimes, signIn as signInOnPage, waitForNotice } from './support/user.mjs';

const server = useTlsServer();
const story = storiesOn(server);

story('the page of our client is bound by the browser, too', async (browser) => {
  const page = await browser.context.newPage();
  await page.goto(server.url);
  await signInOnPage(page, 'tom');
  const listed = async () => (await page.evaluate(async () => (await fetch('/api/auth/sessions')).json())).sessions[0];
  await until('the session has no device key', async () => (await listed()).binding === 'dbsc');
  const refresh = await page.evaluate(async () => (await fetch('/api/auth/refresh', { method: 'POST' })).status);
  assert.equal(refresh, 400, 'the session has the DPoP key of the client as well');
  assert.equal((await listed()).binding, 'dbsc', 'the browser renews the access cookie that the refusal cleared');
});

story('a refresh of our client makes the browser renew the cookie', async (browser) => {
  const { page } = await bind(server, browser, 'una');
  const requests = deviceRequests(server);
  await startClient(page);
  await browser.context.clearCookies({ name: /_access$/ });
  const token = await page.evaluate(() => window.latchkey.refresh());
  assert.equal(token.state, 'valid');
  assert.deepEqual(await requests.seen(), ['refresh 200']);
});

story('a visible tab keeps its token valid without other requests', async (browser) => {
  const { page } = await bind(server, browser, 'val');
  await page.clock.install();
  await startClient(page);
  const requests = deviceRequests(server);
  await browser.context.clearCookies({ name: /_access$/ });
  // The life of the cookie: only then does the client ask for the status.
  await page.clock.fastForward(601_000);
  await requests.next('refresh', 200);
  await page.waitForFunction(() => window.latchkey.getState().token.state === 'valid');
});

story('a refresh of our client gives up before the browser does, and the next one joins', async (browser, t) => {
  const gate = await tlsGate(t, server);
  const { page } = await bind(server, browser, 'wes', { url: gate.url });
  await startClient(page);
  const before = gate.calls.length;
  await browser.context.clearCookies({ name: /_access$/ });
  gate.hold('request');
  const asked = requestTimes(browser.context, 'GET', '/refresh');
  // The client waits for 10 s, and Chromium for 20 s.
  assert.equal(await page.evaluate(() => window.latchkey.refresh().catch(({ code }) => code)), 'timeout');
  assert.equal(await page.evaluate(() => window.latchkey.getState().status), 'signed-in');
  const joined = page.evaluate(() => window.latchkey.refresh());
  // The client may have repeated the request by itself already.
  for (let tries = 0; tries < 100 && asked.length < 2; tries++) await page.waitForTimeout(100);
  assert.ok(asked.length >= 2, 'the next request is sent');
  gate.release();
  assert.equal((await joined).state, 'valid');
  assert.equal(gate.calls.length - before, 1, 'one renewal for both');
});

story('a page whose browser has lost its key asks for a sign-in', async (browser, t) => {
  const gate = await tlsGate(t, server);
  await bind(server, browser, 'xia', { url: gate.url });
  const page = await browser.context.newPage();
  await page.goto(gate.url);
  await page.getByText('This device', { exact: true }).waitFor();
  await browser.context.clearCookies({ name: /_access$/ });
  // Chromium forgets its key, because each proof arrives so late that its challenge is stale.
  gate.before(() => server.advance(3_000));
  await page.reload();
  await waitForNotice(page, 'This browser has lost its key. Sign in again.');
  gate.before(null);
  await signInOnPage(page, 'xia');
});

/** Starts the client in a page that has no other script, and waits for its first status. */
async function startClient(page) {
  await page.evaluate(await clientScript());
  await page.evaluate(async () => {
    window.latchkey = globalThis.latchkeyCore.createLatchkey();
    await new Promise((resolve) => window.latchkey.subscribe(() => window.latchkey.getState().status === 'signed-in' && resolve()));
  });
}
