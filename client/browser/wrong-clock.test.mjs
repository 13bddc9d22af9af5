// A device with a wrong clock works without extra requests.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { moveClock, revisit } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { until } from './support/steps.mjs';
import { nextResponse, newUser, requestTimes, responsesTo, signIn } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
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
      const walt = await newUser(server);
      await setWrong(walt.context, off);
      const page = await walt.open();
      const wrong = await page.evaluate(() => new Date().getTime() - (performance.timeOrigin + performance.now()));
      assert.ok(Math.abs(wrong - off) < 60_000, `the clock is ${wrong} ms off`);
      // The requests of the first load are over.
      await page.getByLabel('Your name').waitFor();
      const [refreshes, checks, lists] = [
        requestTimes(walt.context, 'POST', '/refresh'), requestTimes(walt.context, 'GET', '/refresh'), requestTimes(walt.context, 'GET', '/sessions'),
      ];
      await signIn(page, `walt ${name}`);
      // A reload and the next poll: a loop would be visible by then.
      await page.reload();
      await page.getByText('This device', { exact: true }).waitFor();
      await nextResponse(page, 'GET', '/sessions');
      assert.ok(await page.getByText('This device', { exact: true }).isVisible());
      assert.ok(await page.getByText('Active now').isVisible());
      assert.equal(refreshes.length, 0);
      assert.equal(checks.length, 2, 'one after signing in, one after loading');
      assert.ok(lists.length <= 4, `${lists.length} lists`);
      await checkAccessibility(page, `clock-${name}`);
      await walt.context.close();
    });
  }
});

test('moving the clock forward costs one refresh, moving it back none', async () => {
  const xena = await newUser(server);
  const page = await xena.open();
  await signIn(page, 'xena');
  const refreshes = responsesTo(xena.context, 'POST', '/refresh');
  await moveClock(page);
  await revisit(page);
  // Not the next list: its request may have been on its way already.
  await until('no refresh after the clock was moved', () => refreshes.length === 2);
  await moveClock(page, -3_700_000);
  await revisit(page);
  await nextResponse(page, 'GET', '/sessions');
  // The first proof has the time of the moved clock, and the second one that of the server.
  assert.deepEqual(refreshes.map((response) => response.status()), [400, 200]);
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  await xena.context.close();
});

for (const [name, off] of Object.entries({ ahead: HOUR, behind: -HOUR })) {
  test(`an hour ${name}: relative times count from the server's clock`, async () => {
    const yan = await newUser(server);
    await setWrong(yan.context, off);
    const page = await yan.open();
    await server.login(`yan ${name}`, { 'user-agent': 'curl/8.5.0' });
    await server.post('/dev/clock', { advance_seconds: 720 });
    await signIn(page, `yan ${name}`);
    await page.getByText('Last active 12 minutes ago').waitFor();
    await yan.context.close();
  });
}
