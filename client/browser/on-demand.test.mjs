// The dashboard's page is a file of its own: what if it does not come?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laptop } from './laptop.mjs';
import { hears, person } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();
const FILE = '**/demo/dashboard.js';

test('a page that does not come is said in words, and comes when it is asked for', async () => {
  const ann = await person(here);
  await ann.context.route(FILE, (route) => route.abort());
  const page = await ann.open();
  await hears(page, 'We could not reach the server.');
  await sound(page, 'page-not-loaded');
  // The app around it works: somebody may sign in.
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await ann.context.unroute(FILE);
  await page.getByRole('button', { name: 'Try now' }).click();
  await hears(page, 'You are not signed in.');
  await ann.context.close();
});

test('a page that waits for the network comes by itself', async () => {
  const ben = await person(here);
  await ben.context.route(FILE, (route) => route.abort());
  const page = await ben.open();
  await hears(page, 'We could not reach the server.');
  await ben.context.setOffline(true);
  await ben.context.unroute(FILE);
  await page.waitForFunction(() => !navigator.onLine);
  await ben.context.setOffline(false);
  await hears(page, 'You are not signed in.');
  await ben.context.close();
});

test('the sessions are asked for before the page has come', async () => {
  const cem = await person(here);
  const { assertion } = await here.post('/dev/assertion', { sub: 'cem' });
  await cem.context.request.post(`${here.url}/api/auth/login`, { data: { assertion, delivery: 'cookie' } });
  let deliver;
  const delivered = new Promise((resolve) => (deliver = resolve));
  await cem.context.route(FILE, async (route) => {
    await delivered;
    await route.continue();
  });
  const listed = cem.context.waitForEvent('response', (response) => new URL(response.url()).pathname === '/api/auth/sessions');
  const page = await cem.open();
  assert.equal((await listed).status(), 200);
  assert.equal(await page.getByText('This device').count(), 0);
  deliver();
  await page.getByText('This device').waitFor();
  await cem.context.close();
});
