// Do the tabs of one browser agree?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, jump, look } from './expiry.mjs';
import { laptop } from './laptop.mjs';
import { answers, answerTo, hears, person, requests, signIn, successor } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();

/** No answer to a look at the list, which would find out about the token first; returns what ends that. */
async function unlisted(context) {
  let goOn;
  const later = new Promise((resolve) => (goOn = resolve));
  await context.route('**/api/auth/sessions*', async (route) => {
    await later;
    await route.continue().catch(() => undefined);
  });
  return goOn;
}

/** The first refresh waits until another tab has sent one, too, so that they cross. */
async function crossing(context) {
  let meet;
  const met = new Promise((resolve) => (meet = resolve));
  let waiting = 0;
  await context.route('**/api/auth/refresh', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    if (++waiting > 1) meet();
    await met;
    await route.continue().catch(() => undefined);
  });
}

test('ten tabs that wake together stay signed in on one successor', async () => {
  const alice = await person(here);
  const first = await alice.open();
  await signIn(first, 'ten-tabs');
  const tabs = [first];
  for (let n = 1; n < 10; n++) tabs.push(await alice.open());
  for (const tab of tabs) await tab.getByText('This device').waitFor();
  const goOn = await unlisted(alice.context);
  await crossing(alice.context);
  const refreshes = requests(alice.context, 'POST', '/refresh');
  const answered = answers(alice.context, 'POST', '/refresh');
  await expire(here);
  // A device's clock moves for all tabs at once; only then does any of them look at it.
  await Promise.all(tabs.map((tab) => jump(tab)));
  await Promise.all(tabs.map(look));
  const state = () => first.evaluate(() => fetch('/api/auth/refresh').then((response) => response.json()).then((body) => body.state));
  for (let tries = 0; tries < 40 && (await state()) === 'expired'; tries++) await first.waitForTimeout(250);
  // The slower tabs.
  await first.waitForTimeout(3_000);
  assert.equal(await state(), 'active');
  goOn();
  assert.ok(refreshes.length >= 2 && refreshes.length <= 10, `${refreshes.length} refreshes`);
  const tokens = new Set(await Promise.all(answered.map(successor)));
  assert.deepEqual([tokens.size, tokens.has(undefined)], [1, false], 'all on the same successor');
  for (const tab of tabs) assert.match(await tab.locator('main').innerText(), /This device/);
  await alice.context.close();
});

test('ten tabs that a browser opens again all at once stay signed in on one successor', async () => {
  const dave = await person(here);
  await signIn(await dave.open(), 'dave');
  for (const tab of dave.context.pages()) await tab.close();
  await expire(here);
  const answered = answers(dave.context, 'POST', '/refresh');
  await crossing(dave.context);
  const tabs = await Promise.all(Array.from({ length: 10 }, () => dave.open()));
  for (const tab of tabs) await tab.getByText('This device').waitFor();
  assert.ok(answered.length >= 2, `${answered.length} refreshes`);
  const tokens = new Set(await Promise.all(answered.map(successor)));
  assert.deepEqual([tokens.size, tokens.has(undefined)], [1, false], `${answered.length} refreshes, all with the same successor`);
  await dave.context.close();
});

test('a tab that hears nothing of the others gets what they got', async () => {
  const carol = await person(here);
  const one = await carol.open();
  await signIn(one, 'carol');
  const deaf = await carol.open(() => delete globalThis.BroadcastChannel);
  await deaf.getByText('This device').waitFor();
  const goOn = await unlisted(carol.context);
  await expire(here);
  const tokens = [];
  for (const tab of [one, deaf]) {
    const answered = answerTo(tab, 'POST', '/refresh');
    await jump(tab);
    await look(tab);
    tokens.push(await successor(await answered));
  }
  goOn();
  assert.ok(tokens[0]);
  assert.equal(tokens[1], tokens[0], 'nothing was rotated a second time');
  for (const tab of [one, deaf]) assert.match(await tab.locator('main').innerText(), /This device/);
  await carol.context.close();
});

test('a sign-out in one tab reaches the other without a request of it', async () => {
  const bob = await person(here);
  const one = await bob.open();
  await signIn(one, 'bob');
  const two = await bob.open();
  await two.getByText('This device').waitFor();
  await two.route('**/api/**', (route) => route.abort());
  await one.getByRole('button', { name: 'Sign out everywhere' }).click();
  await one.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await hears(two, 'You signed out.');
  await sound(one, 'signed-out');
  await bob.context.close();
});
