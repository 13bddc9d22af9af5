// A refresh that was on its way during a sign-out does not bring the session back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OLD, expire, jump, look } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { lateDoor } from './late-door.mjs';
import { answerTo, hears, person, requests, signIn } from './person.mjs';

const here = laptop();

/** Signs out while the answer to a refresh is on its way, then delivers the answer with its cookies. */
async function signOutMeanwhile(t, name, signOut) {
  const door = await lateDoor(here.url, '/api/auth/refresh');
  t.after(door.close);
  const who = await person({ ...here, url: door.url });
  const page = await who.open();
  await signIn(page, name);
  // Signing out everywhere needs a valid token. With an expired one it would wait for the refresh.
  await expire(here, OLD);
  await jump(page, OLD);
  await look(page);
  await door.held;

  const revoked = answerTo(page, 'POST', '/revoke');
  await signOut(page);
  await hears(page, "You've signed out.");
  assert.equal((await revoked).status(), 200);

  const late = answerTo(page, 'POST', '/refresh');
  const again = requests(who.context, 'POST', '/refresh');
  door.release();
  const answer = await late;
  assert.equal(answer.status(), 200);
  assert.match((await answer.allHeaders())['set-cookie'], /refresh=/);

  // The page reacts at once or with its next poll.
  await page.waitForTimeout(1_000);
  await hears(page, "You've signed out.");
  assert.equal(await page.locator('.latchkey-row').count(), 0);
  assert.equal(again.length, 0);
  // The server does not accept the late cookies either, so a reloaded page is signed out as well.
  const status = await page.evaluate(() => fetch('/api/auth/refresh').then((response) => response.json()));
  assert.match(status.state, /none|ended/);
  await page.reload();
  await page.getByLabel('Your name').waitFor();
  assert.equal(await page.locator('.latchkey-row').count(), 0);
  await who.context.close();
}

test('a late refresh does not undo a sign-out here', (t) =>
  signOutMeanwhile(t, 'uma', (page) => page.getByRole('button', { name: 'Sign out here' }).click()));

test('a late refresh does not undo a sign-out everywhere', (t) =>
  signOutMeanwhile(t, 'vic', async (page) => {
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  }));
