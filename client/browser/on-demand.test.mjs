// The sessions page is a file of its own, which may be late or missing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { waitForNotice, newUser, notice } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
const FILE = '**/demo/sessions-page.js';
const NOT_LOADED = "This part of the page couldn't be loaded.";

/** A signed-in user whose browser has not loaded anything yet. */
async function signedIn(name) {
  const user = await newUser(server);
  const { assertion } = await server.post('/dev/assertion', { sub: name });
  await user.context.request.post(`${server.url}/api/auth/login`, { data: { assertion, delivery: 'cookie' } });
  return user;
}
const thisDevice = (page) => page.getByText('This device', { exact: true });

test('a page that cannot be loaded has an error and a button that loads it', async () => {
  const ann = await signedIn('ann');
  await ann.context.route(FILE, (route) => route.abort());
  const page = await ann.open();
  await waitForNotice(page, NOT_LOADED);
  await checkAccessibility(page, 'page-not-loaded');
  await ann.context.unroute(FILE);
  await page.getByRole('button', { name: 'Try again' }).focus();
  await page.keyboard.press('Enter');
  await thisDevice(page).waitFor();
  assert.equal(await notice(page, NOT_LOADED).count(), 0);
  assert.ok(await page.evaluate(() => document.activeElement.closest('section.latchkey') !== null), 'the focus is lost');
  await ann.context.close();
});

test('a removed file is fixed by a reload of the page', async () => {
  const dan = await signedIn('dan');
  await dan.context.route(FILE, (route) => route.fulfill({ status: 404, body: 'gone' }));
  const page = await dan.open();
  await page.getByRole('button', { name: 'Try again' }).click();
  const reload = page.getByRole('button', { name: 'Reload page' });
  await reload.waitFor();
  await dan.context.unroute(FILE);
  await reload.click();
  await thisDevice(page).waitFor();
  await dan.context.close();
});

test('a page that waits for the network is loaded when it is back', async () => {
  const ben = await signedIn('ben');
  await ben.context.route(FILE, (route) => route.abort());
  const page = await ben.open();
  await waitForNotice(page, NOT_LOADED);
  await page.evaluate(() => {
    window.handled = new Promise((resolve) => addEventListener('offline', () => setTimeout(resolve)));
  });
  await ben.context.setOffline(true);
  await page.evaluate(() => window.handled);
  await ben.context.unroute(FILE);
  // Not from the network, which may refuse the first request after the event.
  await ben.context.route(FILE, (route) => route.fulfill({ path: 'demo/dist/sessions-page.js' }));
  await ben.context.setOffline(false);
  await thisDevice(page).waitFor();
  await ben.context.close();
});

test('the list of sessions is requested while the page is loading', async () => {
  const cem = await signedIn('cem');
  let deliver;
  const delivered = new Promise((resolve) => (deliver = resolve));
  await cem.context.route(FILE, async (route) => {
    await delivered;
    await route.continue();
  });
  const listed = cem.context.waitForEvent('response', (response) => new URL(response.url()).pathname === '/api/auth/sessions');
  const page = await cem.open();
  assert.equal((await listed).status(), 200);
  deliver();
  await thisDevice(page).waitFor();
  await cem.context.close();
});
