// Our client while Chromium has the key and renews no cookie: the user stays signed in, because the browser notes the reason.
import assert from 'node:assert/strict';
import { storiesOn, useTlsServer } from './support/bound-browser.mjs';
import { bind, deviceRequests, listSessions } from './support/bound-steps.mjs';
import { tlsGate } from './support/tls-gate.mjs';

const server = useTlsServer();
const story = storiesOn(server);

story('a page stays signed in while the store fails the renewals', async (browser, t) => {
  const gate = await tlsGate(t, server);
  await bind(server, browser, 'yan', { url: gate.url });
  // Only the renewals fail. They may read the global revocation at the same time, so that three faults would not be enough.
  gate.before(() => server.fault('GetItem', 'error_500', 1_000));
  gate.after(() => server.fault('GetItem', 'error_500', 0));
  const before = gate.calls.length;
  const page = await openWithoutToken(browser, gate.url);
  assert.ok(gate.calls.slice(before).some(({ status }) => status === 503));
  gate.before(null);
  await page.reload();
  await page.getByText('This device', { exact: true }).waitFor();
});

story('a page stays signed in while Chromium may sign no more', async (browser) => {
  const tab = await bind(server, browser, 'zoe');
  // Six signatures in nine minutes, some of them for the binding.
  let renewals = 0;
  do {
    // The challenge is stale, so that each renewal is a new signature.
    await server.advance(3_000);
    await browser.context.clearCookies({ name: /_access$/ });
  } while ((await listSessions(tab)).status === 200 && ++renewals < 10);
  assert.ok(renewals > 0 && renewals < 10, `${renewals} renewals`);
  const requests = deviceRequests(server);
  await openWithoutToken(browser, server.url);
  assert.deepEqual(await requests.seen(), []);
});

/** Opens the page of our client, and waits for a status without a token that the client may keep, and for what it shows then. */
async function openWithoutToken({ context }, url) {
  await context.clearCookies({ name: /_access$/ });
  const page = await context.newPage();
  const status = page.waitForResponse(async (response) => {
    if (response.request().method() !== 'GET' || !response.url().endsWith('/api/auth/refresh') || !response.ok()) return false;
    const { state, can_refresh } = await response.json();
    return state === 'expired' && can_refresh;
  });
  await page.goto(url);
  await status;
  await page.getByText('You are signed in.').first().waitFor();
  assert.equal(await page.getByText('This browser has lost its key').count(), 0);
  return page;
}
