// The tabs of one browser share a session.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, moveClock, revisit } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { until } from './support/steps.mjs';
import { responsesTo, nextResponse, waitForNotice, newUser, requestTimes, signIn, refreshCookieOf } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();

/** Holds back answers to the list and to the events, which would reveal the expired token first; returns a function that releases them. */
async function holdList(context) {
  let goOn;
  const later = new Promise((resolve) => (goOn = resolve));
  await context.route(/\/api\/auth\/sessions/, async (route) => {
    await later;
    await route.continue().catch(() => undefined);
  });
  return goOn;
}

/** Holds back the first refresh until another tab has sent one as well, so that they cross. */
async function crossRefreshes(context) {
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

/** Whether the requests to these responses have the same `Idempotency-Key`. */
async function sharedKey(responses) {
  const [key, ...others] = new Set(await Promise.all(responses.map((response) => response.request().headerValue('idempotency-key'))));
  return /^[\w-]{16,64}$/.test(key) && others.length === 0;
}

test('ten tabs that wake together stay signed in with one new token', async () => {
  const alice = await newUser(server);
  const first = await alice.open();
  await signIn(first, 'ten-tabs');
  const tabs = [first];
  for (let n = 1; n < 10; n++) tabs.push(await alice.open());
  for (const tab of tabs) await tab.getByText('This device', { exact: true }).waitFor();
  const goOn = await holdList(alice.context);
  await crossRefreshes(alice.context);
  const refreshes = requestTimes(alice.context, 'POST', '/refresh');
  const answered = responsesTo(alice.context, 'POST', '/refresh');
  await expire(server);
  // All tabs share the device's clock, so it moves in all of them before one of them checks it.
  await Promise.all(tabs.map((tab) => moveClock(tab)));
  await Promise.all(tabs.map(revisit));
  const state = () => first.evaluate(() => fetch('/api/auth/refresh').then((response) => response.json()).then((body) => body.state));
  for (let tries = 0; tries < 40 && (await state()) === 'expired'; tries++) await first.waitForTimeout(250);
  // Time for the slower tabs.
  await first.waitForTimeout(3_000);
  assert.equal(await state(), 'active');
  goOn();
  assert.ok(refreshes.length >= 2 && refreshes.length <= 10, `${refreshes.length} refreshes`);
  const tokens = new Set(await Promise.all(answered.map(refreshCookieOf)));
  assert.deepEqual([tokens.size, tokens.has(undefined)], [1, false], 'all tabs have the same new token');
  assert.equal(await sharedKey(answered), true, 'they sent the same key');
  for (const tab of tabs) assert.match(await tab.locator('main').innerText(), /This device/);
  await alice.context.close();
});

test('ten tabs that a browser restores at once stay signed in with one new token', async () => {
  const dave = await newUser(server);
  await signIn(await dave.open(), 'dave');
  for (const tab of dave.context.pages()) await tab.close();
  await expire(server);
  const answered = responsesTo(dave.context, 'POST', '/refresh');
  await crossRefreshes(dave.context);
  const tabs = await Promise.all(Array.from({ length: 10 }, () => dave.open()));
  for (const tab of tabs) await tab.getByText('This device', { exact: true }).waitFor();
  // A tab may have the token of another one before the answer to its own refresh.
  await until(() => `${answered.length} refreshes`, () => answered.length >= 2);
  const tokens = new Set(await Promise.all(answered.map(refreshCookieOf)));
  assert.deepEqual([tokens.size, tokens.has(undefined)], [1, false], `${answered.length} refreshes, all with the same new token`);
  assert.equal(await sharedKey(answered), true, 'they sent the same key');
  await dave.context.close();
});

test('a tab without BroadcastChannel gets the same new token as the others', async () => {
  const carol = await newUser(server);
  const one = await carol.open();
  await signIn(one, 'carol');
  const isolated = await carol.open(() => delete globalThis.BroadcastChannel);
  await isolated.getByText('This device', { exact: true }).waitFor();
  const goOn = await holdList(carol.context);
  await expire(server);
  const tokens = [];
  for (const tab of [one, isolated]) {
    const answered = nextResponse(tab, 'POST', '/refresh');
    await moveClock(tab);
    await revisit(tab);
    tokens.push(await refreshCookieOf(await answered));
  }
  goOn();
  assert.ok(tokens[0]);
  assert.equal(tokens[1], tokens[0], 'the token was rotated only once');
  for (const tab of [one, isolated]) assert.match(await tab.locator('main').innerText(), /This device/);
  await carol.context.close();
});

test('a sign-out in one tab reaches the other one without a request', async () => {
  const bob = await newUser(server);
  const one = await bob.open();
  await signIn(one, 'bob');
  const two = await bob.open();
  await two.getByText('This device', { exact: true }).waitFor();
  await two.route('**/api/**', (route) => route.abort());
  await one.getByRole('button', { name: 'Sign out everywhere' }).click();
  await one.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await waitForNotice(two, "You've signed out.");
  await checkAccessibility(one, 'signed-out');
  await bob.context.close();
});
