// What does the page do where something in between answers in the server's place?
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { laptop } from './laptop.mjs';
import { hears, person, signIn } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();
const WORDS = 'Something between you and us answered';
const hotel = { status: 200, contentType: 'text/html', body: '<h1>Welcome to the hotel</h1>' };
const proxy = { status: 502, contentType: 'text/html', body: '<html><h1>502 Bad Gateway</h1></html>' };

/** Answers every call to the API so; the moments of the calls, and how to stop. */
async function between(context, answer) {
  const times = [];
  const handler = (route) => {
    times.push(Date.now());
    return route.fulfill(answer);
  };
  await context.route('**/api/**', handler);
  return { times, stop: () => context.unroute('**/api/**', handler) };
}

/** From the first call on: enough for a loop to show. */
async function atMostThreeInTenSeconds(page, times) {
  await page.waitForTimeout(Math.max(0, 10_000 - (Date.now() - times[0])));
  const soon = times.filter((time) => time < times[0] + 10_000);
  assert.ok(soon.length <= 3, `${soon.length} requests`);
}

test('a captive portal is told in words and asked at most three times in ten seconds', async () => {
  const gil = await person(here);
  const page = await gil.open();
  await signIn(page, 'gil');
  const { times } = await between(gil.context, hotel);
  await hears(page, WORDS);
  assert.ok(await page.getByText('This device').isVisible());
  await atMostThreeInTenSeconds(page, times);
  await sound(page, 'portal');
  await gil.context.close();
});

// Most of it is waiting: side by side.
describe('a page that opens', { concurrency: true }, () => {
  for (const [name, answer] of Object.entries({ 'a captive portal': hotel, "a proxy's 502": proxy })) {
    test(`behind ${name} says so, does not loop, and goes on when we answer`, async () => {
      const hal = await person(here);
      const before = await hal.open();
      await signIn(before, `hal ${answer.status}`);
      await before.close();
      const { times, stop } = await between(hal.context, answer);
      const page = await hal.open();
      await hears(page, WORDS);
      await atMostThreeInTenSeconds(page, times);
      await sound(page, `opens-${answer.status}`);
      const again = page.getByRole('button', { name: 'Try now' });
      await again.waitFor();
      await stop();
      // The page tries by itself, too, and may be first: then there is no button any more.
      await again.click({ timeout: 10_000 }).catch(() => undefined);
      await page.getByText('This device').waitFor();
      await hal.context.close();
    });
  }
});

test('whoever signs in through a proxy that fails is told so, and can try again', async () => {
  const liz = await person(here);
  const page = await liz.open();
  const form = page.getByRole('button', { name: 'Sign in', exact: true });
  await form.waitFor();
  const { times, stop } = await between(liz.context, proxy);
  await form.click();
  await page.getByRole('alert').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /answered/);
  assert.equal(times.length, 1);
  await stop();
  await signIn(page, 'liz');
  await liz.context.close();
});
