// Who hears of it when a refresh token was used in two places?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, jump, look } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { answerTo, hears, person, signIn } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();

test('a stolen token ends the session, and its owner is told in words', async () => {
  const ida = await person(here);
  const page = await ida.open();
  await signIn(page, 'ida');
  // The thief copies the cookie; the owner refreshes twice; the thief comes.
  const stolen = (await ida.context.cookies()).find((cookie) => cookie.name.endsWith('refresh'));
  for (let n = 0; n < 2; n++) {
    await expire(here);
    const refreshed = answerTo(page, 'POST', '/refresh');
    await jump(page);
    await look(page);
    await refreshed;
  }
  const thief = await here.post('/api/auth/refresh', { refresh_token: stolen.value });
  assert.equal(thief.reason, 'security');
  await hears(page, 'its sign-in was used in two places');
  await sound(page, 'stolen');
  await ida.context.close();
});

test('the demo plays that story on a session of its own: its words, and the trail and the advice above them', async () => {
  const ned = await person(here);
  const page = await ned.open();
  await signIn(page, 'ned');
  await page.getByText('Try it: only in this demo').click();
  await page.getByRole('button', { name: 'Play the story of a stolen token' }).click();
  await page.getByText('The thief used the old token. That session was ended for everybody, and the trail above says so.').waitFor();
  await page.locator('.latchkey-events').getByText('Sign-in used in two places').waitFor();
  await page.locator('.latchkey-recommendations').getByText('A sign-in was used in two places, so we ended it').waitFor();
  // The page itself lost nothing.
  assert.ok(await page.getByText('This device').isVisible());
  await sound(page, 'story');
  await ned.context.close();
});
