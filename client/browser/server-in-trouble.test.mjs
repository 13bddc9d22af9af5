// An open page while the server fails, loses answers or limits requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, moveClock, revisit } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { nextResponse, waitForNotice, newUser, signIn, notice } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
const problem = (status, code, seconds) => ({
  status,
  contentType: 'application/problem+json',
  headers: { 'retry-after': String(seconds) },
  body: JSON.stringify({ code }),
});

test('a refresh with a lost answer is retried, and the page goes on', async () => {
  const dora = await newUser(server);
  const page = await dora.open();
  await signIn(page, 'dora');
  let lost = 0;
  await page.route('**/api/auth/refresh', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.fallback();
    await route.fetch();
    await route.abort();
  });
  await expire(server);
  const again = nextResponse(page, 'POST', '/refresh');
  await moveClock(page);
  await revisit(page);
  assert.equal((await again).status(), 200);
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  await dora.context.close();
});

test('a server that is down gets a notice, and the page recovers by itself', async () => {
  const eve = await newUser(server);
  const page = await eve.open();
  await signIn(page, 'eve');
  const down = (route) => route.fulfill(problem(503, 'store_unavailable', 3));
  await page.route('**/api/**', down);
  await waitForNotice(page, "Couldn't get data from the server.");
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  await checkAccessibility(page, 'down');
  await page.unroute('**/api/**', down);
  await notice(page, "Couldn't get data from the server.").waitFor({ state: 'detached' });
  await eve.context.close();
});

test('too many requests: no further request before Retry-After', async () => {
  const fay = await newUser(server);
  const page = await fay.open();
  await signIn(page, 'fay');
  const times = [];
  await page.route('**/api/auth/sessions*', (route) => {
    times.push(Date.now());
    return route.fulfill(problem(429, 'rate_limited', 120));
  });
  await waitForNotice(page, 'Too many requests.');
  await checkAccessibility(page, 'limited');
  const asked = times.length;
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.waitForTimeout(11_000);
  assert.equal(times.length, asked);
  await fay.context.close();
});
