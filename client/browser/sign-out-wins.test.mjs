// A refresh that was on its way during a sign-out does not bring the session back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALMOST_EXPIRED, expire, moveClock, revisit } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { gate } from './support/gate.mjs';
import { nextResponse, waitForNotice, newUser, requestTimes, signIn } from './support/user.mjs';

const server = useLocalServer();

/** Signs out while the answer to a refresh is on its way, then delivers the answer with its cookies. */
async function signOutMeanwhile(t, name, signOut) {
  const proxy = await gate(server, '/api/auth/refresh');
  proxy.hold('response');
  t.after(proxy.close);
  const user = await newUser({ ...server, url: proxy.url });
  const page = await user.open();
  await signIn(page, name);
  // Signing out everywhere needs a valid token. With an expired one it would wait for the refresh.
  await expire(server, ALMOST_EXPIRED);
  await moveClock(page, ALMOST_EXPIRED);
  await revisit(page);
  await proxy.held();

  const revoked = nextResponse(page, 'POST', '/revoke');
  await signOut(page);
  await waitForNotice(page, "You've signed out.");
  assert.equal((await revoked).status(), 200);

  const late = nextResponse(page, 'POST', '/refresh');
  const again = requestTimes(user.context, 'POST', '/refresh');
  proxy.release();
  const answer = await late;
  assert.equal(answer.status(), 200);
  assert.match((await answer.allHeaders())['set-cookie'], /refresh=/);

  // The page reacts at once or with its next poll.
  await page.waitForTimeout(1_000);
  await waitForNotice(page, "You've signed out.");
  assert.equal(await page.locator('.latchkey-card').count(), 0);
  assert.equal(again.length, 0);
  // The server does not accept the late cookies either, so a reloaded page is signed out as well.
  const status = await page.evaluate(() => fetch('/api/auth/refresh').then((response) => response.json()));
  assert.match(status.state, /none|ended/);
  await page.reload();
  await page.getByLabel('Your name').waitFor();
  // Until the status arrives, the account page shows empty cards.
  await page.locator('.latchkey-card').first().waitFor({ state: 'detached' });
  await user.context.close();
}

test('a late refresh does not undo a sign-out here', (t) =>
  signOutMeanwhile(t, 'uma', (page) => page.getByRole('button', { name: 'Sign out here' }).click()));

test('a late refresh does not undo a sign-out everywhere', (t) =>
  signOutMeanwhile(t, 'vic', async (page) => {
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  }));
