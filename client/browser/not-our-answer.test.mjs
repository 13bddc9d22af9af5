// A captive portal or a proxy answers instead of the server.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { waitForNotice, newUser, signIn } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
const NOTICE = 'We got an answer, but not from our server.';
const hotel = { status: 200, contentType: 'text/html', body: '<h1>Welcome to the hotel</h1>' };
const proxy = { status: 502, contentType: 'text/html', body: '<html><h1>502 Bad Gateway</h1></html>' };

/** Answers every API call with `answer`; returns the times of the calls and a function that stops it. */
async function intercept(context, answer) {
  const times = [];
  const handler = (route) => {
    times.push(Date.now());
    return route.fulfill(answer);
  };
  await context.route('**/api/**', handler);
  return { times, stop: () => context.unroute('**/api/**', handler) };
}

/** Ten seconds from the first call are enough to notice a loop. */
async function atMostThreeInTenSeconds(page, times) {
  await page.waitForTimeout(Math.max(0, 10_000 - (Date.now() - times[0])));
  const soon = times.filter((time) => time < times[0] + 10_000);
  assert.ok(soon.length <= 3, `${soon.length} requests`);
}

test('a captive portal gets a notice and at most three requests in ten seconds', async () => {
  const gil = await newUser(server);
  const page = await gil.open();
  await signIn(page, 'gil');
  const { times } = await intercept(gil.context, hotel);
  await waitForNotice(page, NOTICE);
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  await atMostThreeInTenSeconds(page, times);
  await checkAccessibility(page, 'portal');
  await gil.context.close();
});

// These tests mostly wait, so they run at the same time.
describe('a page that opens', { concurrency: true }, () => {
  for (const [name, answer] of Object.entries({ 'a captive portal': hotel, "a proxy's 502": proxy })) {
    test(`behind ${name} has a notice, does not loop, and recovers`, async () => {
      const hal = await newUser(server);
      const before = await hal.open();
      await signIn(before, `hal ${answer.status}`);
      await before.close();
      const { times, stop } = await intercept(hal.context, answer);
      const page = await hal.open();
      await waitForNotice(page, NOTICE);
      await atMostThreeInTenSeconds(page, times);
      await checkAccessibility(page, `opens-${answer.status}`);
      const again = page.getByRole('button', { name: 'Try again' });
      await again.waitFor();
      await stop();
      // The page retries by itself as well. If it was faster, the button is gone.
      await again.click({ timeout: 10_000 }).catch(() => undefined);
      await page.getByText('This device', { exact: true }).waitFor();
      await hal.context.close();
    });
  }
});

test('a sign-in through a failing proxy has an error and can be repeated', async () => {
  const liz = await newUser(server);
  const page = await liz.open();
  const form = page.getByRole('button', { name: 'Sign in', exact: true });
  await form.waitFor();
  const { times, stop } = await intercept(liz.context, proxy);
  await form.click();
  await page.getByRole('alert').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /did not come from Latchkey/);
  assert.equal(times.length, 1);
  await stop();
  await signIn(page, 'liz');
  await liz.context.close();
});
