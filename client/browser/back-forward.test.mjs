// A page from the back-forward cache finds out what happened while it was frozen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { nextResponse, waitForNotice, newUser, requestTimes, signIn } from './support/user.mjs';

// Playwright turns the back-forward cache off by default.
const server = useLocalServer({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });

/** Leaves the page, runs `meanwhile`, and goes back to the same page. */
async function awayAndBack(page, meanwhile) {
  await page.evaluate(() => {
    window.mark = 'the page that was left';
    window.addEventListener('pageshow', ({ persisted }) => {
      window.persisted = persisted;
    });
  });
  await page.goto(`${server.url}/api/auth/.well-known/jwks.json`);
  await meanwhile();
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => window.persisted, undefined, { timeout: 5_000 }).catch(() => {
    assert.fail('it came back as a new page');
  });
  assert.equal(await page.evaluate(() => window.mark), 'the page that was left');
}

/** Signs in; the list is fresh, so the page does not poll for ten seconds. */
async function signedIn(name) {
  const user = await newUser(server);
  const page = await user.open();
  await signIn(page, name);
  return { ...user, page };
}

test('a session that ended in the meantime: the page shows that and drops the list', async () => {
  const { context, page } = await signedIn('rob');
  const other = await server.login('rob');
  const checks = requestTimes(context, 'GET', '/refresh');
  await awayAndBack(page, async () => {
    checks.length = 0;
    const headers = { authorization: `Bearer ${other.access_token}` };
    const answer = await fetch(`${server.url}/api/auth/sessions?scope=others`, { method: 'DELETE', headers });
    assert.equal((await answer.json()).ended, 1);
  });
  await waitForNotice(page, 'You were signed out from another device.', 6_000);
  assert.equal(await page.locator('.latchkey-card').count(), 0);
  assert.ok(await page.getByLabel('Your name').isVisible());
  assert.equal(checks.length, 1);
  await context.close();
});

test('a token that expired in the meantime: one refresh, and the page goes on', async () => {
  const { context, page } = await signedIn('sue');
  const refreshes = requestTimes(context, 'POST', '/refresh');
  const refreshed = nextResponse(page, 'POST', '/refresh');
  await awayAndBack(page, () => expire(server));
  assert.equal((await refreshed).status(), 200);
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  assert.equal(refreshes.length, 1);
  await context.close();
});

test('a sign-out in another tab: going back does not bring the list back', async () => {
  const { context, page, open } = await signedIn('tom');
  const tab = await open();
  await page.goto(`${server.url}/api/auth/.well-known/jwks.json`);
  await tab.getByRole('button', { name: 'Sign out here' }).click();
  await waitForNotice(tab, "You've signed out.");
  // The other tab's message either removes the page from the cache or is delivered now. Both are fine.
  await page.goBack({ waitUntil: 'commit' });
  await page.getByLabel('Your name').waitFor({ timeout: 5_000 });
  assert.equal(await page.locator('.latchkey-card').count(), 0);
  await context.close();
});
