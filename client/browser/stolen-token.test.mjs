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

test('the demo shows in two clicks how a theft is noticed', async () => {
  const ned = await person(here);
  const page = await ned.open();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Use a stolen token' }).click();
  await page.getByText('The thief sent a refresh token that had been used already. Latchkey ended that session').waitFor();
  await page.locator('.latchkey-events').getByText('Sign-in used in two places').waitFor();
  const advice = page.locator('.latchkey-recommendations');
  await advice.getByText('A sign-in was used in two places, so we ended it').waitFor();
  assert.match(await advice.innerText(), /203\.0\.113\.66/, 'the address of the thief');
  // The session of the page itself lives on.
  assert.ok(await page.getByText('This device').isVisible());
  await sound(page, 'story');
  await ned.context.close();
});
