// Does a refresh that was in the air bring back what was signed out meanwhile?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OLD, expire, jump, look } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { lateDoor } from './late-door.mjs';
import { answerTo, hears, person, requests, signIn } from './person.mjs';

const here = laptop();

/** Signs out while the answer to a refresh is on its way; then it arrives, with its cookies. */
async function signOutMeanwhile(t, name, signOut) {
  const door = await lateDoor(here.url, '/api/auth/refresh');
  t.after(door.close);
  const who = await person({ ...here, url: door.url });
  const page = await who.open();
  await signIn(page, name);
  // Signing out everywhere needs a token that is good: with one that is over it would wait for the refresh.
  await expire(here, OLD);
  await jump(page, OLD);
  await look(page);
  await door.held;

  const revoked = answerTo(page, 'POST', '/revoke');
  await signOut(page);
  await hears(page, 'You signed out.');
  assert.equal((await revoked).status(), 200);

  const late = answerTo(page, 'POST', '/refresh');
  const again = requests(who.context, 'POST', '/refresh');
  door.release();
  const answer = await late;
  assert.equal(answer.status(), 200);
  assert.match((await answer.allHeaders())['set-cookie'], /refresh=/);

  // What the page makes of it, it makes at once; what a poll would, within a turn.
  await page.waitForTimeout(1_000);
  await hears(page, 'You signed out.');
  assert.equal(await page.locator('.latchkey-row').count(), 0);
  assert.equal(again.length, 0);
  // Nor does the server take what came late: the page that loads anew is as signed out as this one.
  const status = await page.evaluate(() => fetch('/api/auth/refresh').then((response) => response.json()));
  assert.match(status.state, /none|ended/);
  await page.reload();
  await page.getByLabel('Your name').waitFor();
  assert.equal(await page.locator('.latchkey-row').count(), 0);
  await who.context.close();
}

test('not after signing out here', (t) =>
  signOutMeanwhile(t, 'uma', (page) => page.getByRole('button', { name: 'Sign out here' }).click()));

test('not after signing out everywhere', (t) =>
  signOutMeanwhile(t, 'vic', async (page) => {
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  }));
