// An open page while the server fails, loses answers or limits requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, jump, look } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { answerTo, hears, person, signIn, told } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();
const problem = (status, code, seconds) => ({
  status,
  contentType: 'application/problem+json',
  headers: { 'retry-after': String(seconds) },
  body: JSON.stringify({ code }),
});

test('a refresh with a lost answer is retried, and the page goes on', async () => {
  const dora = await person(here);
  const page = await dora.open();
  await signIn(page, 'dora');
  let lost = 0;
  await page.route('**/api/auth/refresh', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.fallback();
    await route.fetch();
    await route.abort();
  });
  await expire(here);
  const again = answerTo(page, 'POST', '/refresh');
  await jump(page);
  await look(page);
  assert.equal((await again).status(), 200);
  assert.ok(await page.getByText('This device').isVisible());
  await dora.context.close();
});

test('a server that is down gets a notice, and the page recovers by itself', async () => {
  const eve = await person(here);
  const page = await eve.open();
  await signIn(page, 'eve');
  const down = (route) => route.fulfill(problem(503, 'store_unavailable', 3));
  await page.route('**/api/**', down);
  await hears(page, "Couldn't get data from the server.");
  assert.ok(await page.getByText('This device').isVisible());
  await sound(page, 'down');
  await page.unroute('**/api/**', down);
  await told(page, "Couldn't get data from the server.").waitFor({ state: 'detached' });
  await eve.context.close();
});

test('too many requests: no further request before Retry-After', async () => {
  const fay = await person(here);
  const page = await fay.open();
  await signIn(page, 'fay');
  const times = [];
  await page.route('**/api/auth/sessions*', (route) => {
    times.push(Date.now());
    return route.fulfill(problem(429, 'rate_limited', 120));
  });
  await hears(page, 'Too many requests.');
  await sound(page, 'limited');
  const asked = times.length;
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.waitForTimeout(11_000);
  assert.equal(times.length, asked);
  await fay.context.close();
});
