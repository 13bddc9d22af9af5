// Does a page out of the back-forward cache find out what it slept through?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { answerTo, hears, person, requests, signIn } from './person.mjs';

// Playwright turns the cache off, because its own navigations are simpler then.
const here = laptop({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });

/** Leaves the page, lets something happen, and comes back to the very same page. */
async function awayAndBack(page, meanwhile) {
  await page.evaluate(() => {
    window.mark = 'the page that was left';
    window.addEventListener('pageshow', ({ persisted }) => {
      window.persisted = persisted;
    });
  });
  await page.goto(`${here.url}/api/auth/.well-known/jwks.json`);
  await meanwhile();
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => window.persisted, undefined, { timeout: 5_000 }).catch(() => {
    assert.fail('it came back as a new page');
  });
  assert.equal(await page.evaluate(() => window.mark), 'the page that was left');
}

/** Signed in, with a list that is fresh: no look of its own at the list is due for ten seconds. */
async function someone(name) {
  const who = await person(here);
  const page = await who.open();
  await signIn(page, name);
  return { ...who, page };
}

test('its session was ended meanwhile: it says so at once, and the old list is gone', async () => {
  const { context, page } = await someone('rob');
  const other = await here.login('rob');
  const checks = requests(context, 'GET', '/refresh');
  await awayAndBack(page, async () => {
    checks.length = 0;
    const headers = { authorization: `Bearer ${other.access_token}` };
    const answer = await fetch(`${here.url}/api/auth/sessions?scope=others`, { method: 'DELETE', headers });
    assert.equal((await answer.json()).ended, 1);
  });
  await hears(page, 'You were signed out from another device.', 6_000);
  assert.equal(await page.locator('.latchkey-row').count(), 0);
  assert.ok(await page.getByLabel('Your name').isVisible());
  assert.equal(checks.length, 1);
  await context.close();
});

test('its token ran out meanwhile: one refresh, and it goes on', async () => {
  const { context, page } = await someone('sue');
  const refreshes = requests(context, 'POST', '/refresh');
  const refreshed = answerTo(page, 'POST', '/refresh');
  await awayAndBack(page, () => expire(here));
  assert.equal((await refreshed).status(), 200);
  assert.ok(await page.getByText('This device').isVisible());
  assert.equal(refreshes.length, 1);
  await context.close();
});

test('somebody signed out in another tab meanwhile: going back does not bring the list back', async () => {
  const { context, page, open } = await someone('tom');
  const tab = await open();
  await page.goto(`${here.url}/api/auth/.well-known/jwks.json`);
  await tab.getByRole('button', { name: 'Sign out here' }).click();
  await hears(tab, 'You signed out.');
  // A message of another tab puts the page out of the cache, or it hears it now: either will do.
  await page.goBack({ waitUntil: 'commit' });
  await page.getByLabel('Your name').waitFor({ timeout: 5_000 });
  assert.equal(await page.locator('.latchkey-row').count(), 0);
  await context.close();
});
