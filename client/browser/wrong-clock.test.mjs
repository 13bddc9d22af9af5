// A device with a wrong clock works without extra requests.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jump, look } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { answerTo, person, requests, signIn } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();
const HOUR = 3_600_000;

/** Shifts every date before the page's scripts run. `performance.now()` stays correct. */
const setWrong = (context, off) =>
  context.addInitScript((off) => {
    const { now } = Date;
    globalThis.Date = class extends Date {
      constructor(...parts) {
        super(...(parts.length === 0 ? [now() + off] : parts));
      }
      static now = () => now() + off;
    };
  }, off);

// These tests mostly wait, so they run at the same time.
describe('on a device whose clock is wrong from the start', { concurrency: true }, () => {
  for (const [name, off] of Object.entries({ ahead: HOUR, behind: -HOUR })) {
    test(`an hour ${name}: the user stays signed in, without extra requests`, async () => {
      const walt = await person(here);
      await setWrong(walt.context, off);
      const page = await walt.open();
      const wrong = await page.evaluate(() => new Date().getTime() - (performance.timeOrigin + performance.now()));
      assert.ok(Math.abs(wrong - off) < 60_000, `the clock is ${wrong} ms off`);
      // The requests of the first load are over.
      await page.getByLabel('Your name').waitFor();
      const [refreshes, checks, lists] = [
        requests(walt.context, 'POST', '/refresh'), requests(walt.context, 'GET', '/refresh'), requests(walt.context, 'GET', '/sessions'),
      ];
      await signIn(page, `walt ${name}`);
      // A reload and the next poll: a loop would be visible by then.
      await page.reload();
      await page.getByText('This device').waitFor();
      await answerTo(page, 'GET', '/sessions');
      assert.ok(await page.getByText('This device').isVisible());
      assert.ok(await page.getByText('Active now').isVisible());
      assert.equal(refreshes.length, 0);
      assert.equal(checks.length, 2, 'one after signing in, one after loading');
      assert.ok(lists.length <= 4, `${lists.length} lists`);
      await sound(page, `clock-${name}`);
      await walt.context.close();
    });
  }
});

test('moving the clock forward costs one refresh, moving it back none', async () => {
  const xena = await person(here);
  const page = await xena.open();
  await signIn(page, 'xena');
  const refreshes = requests(xena.context, 'POST', '/refresh');
  const refreshed = answerTo(page, 'POST', '/refresh');
  await jump(page);
  await look(page);
  assert.equal((await refreshed).status(), 200);
  await answerTo(page, 'GET', '/sessions');
  await jump(page, -3_700_000);
  await look(page);
  await answerTo(page, 'GET', '/sessions');
  assert.equal(refreshes.length, 1);
  assert.ok(await page.getByText('This device').isVisible());
  await xena.context.close();
});
