// The story of the demo: sign in, a second browser, a theft that is noticed, and a sign-out everywhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAccessibility } from './support/accessibility.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { newUser, signIn, waitForNotice } from './support/user.mjs';

const server = useLocalServer();
const windowOf = (page, name) => page.getByRole('group', { name });

test('the demo shows with four clicks how a theft is noticed', async (t) => {
  const ned = await newUser(server, { viewport: { width: 1280, height: 900 } });
  t.after(() => ned.context.close());
  const page = await ned.open();
  const button = (name) => page.getByRole('button', { name, exact: true });
  await page.getByLabel('Your name').waitFor();
  await checkAccessibility(page, 'story-0-start');
  await button('Sign in').click();

  const [own, phone] = [windowOf(page, 'This browser'), windowOf(page, 'Second browser')];
  await button('Open a second browser').click();
  await phone.getByText('This device', { exact: true }).waitFor();
  const card = own.locator('.latchkey-card', { hasText: 'Safari 18 on iPhone' });
  await card.getByText('198.51.100.20').waitFor();
  await checkAccessibility(page, 'story-1-two-browsers');

  await button('Steal a token').click();
  await page.getByText('Latchkey noticed that one token was used in two places').waitFor();
  await phone.locator('.latchkey-ended', { hasText: 'We signed you out to protect your account' }).waitFor();
  const advice = own.locator('.latchkey-advice');
  await advice.getByText('We ended a session because its sign-in was used in two places, last by curl').waitFor();
  assert.match(await advice.innerText(), /203\.0\.113\.66/, 'the address of the thief');
  await own.locator('.latchkey-events').getByText('Sign-in used in two places').waitFor();
  await card.waitFor({ state: 'detached' });
  // The session of this page is not affected.
  assert.ok(await own.getByText('This device', { exact: true }).isVisible());
  await checkAccessibility(page, 'story-2-stolen');

  await button('Sign in there again').click();
  await phone.getByText('This device', { exact: true }).waitFor();
  await button('End all sessions').click();
  await waitForNotice(own, "You've signed out.");
  await phone.locator('.latchkey-ended', { hasText: 'You were signed out from another device.' }).waitFor();
  await page.getByText('Every browser is signed out').waitFor();
  await checkAccessibility(page, 'story-3-ended');
  assert.deepEqual(ned.consoleLines.filter((line) => !line.includes('401')), []);
});

test('the second browser can be signed out from the first one', async (t) => {
  const ora = await newUser(server, { viewport: { width: 1280, height: 900 } });
  t.after(() => ora.context.close());
  const page = await ora.open();
  await signIn(page, 'ora');
  await page.getByRole('button', { name: 'Open a second browser' }).click();
  const [own, phone] = [windowOf(page, 'This browser'), windowOf(page, 'Second browser')];
  await own.getByRole('button', { name: "It wasn't me: Safari on iPhone" }).click();
  await own.getByRole('button', { name: 'Sign out', exact: true }).last().click();
  await phone.locator('.latchkey-ended', { hasText: 'You were signed out from another device.' }).waitFor();
  await page.getByRole('button', { name: 'Sign in there again' }).waitFor();
});

test('the clock and the faults change the server, and the page recovers', async (t) => {
  const kim = await newUser(server, { viewport: { width: 1280, height: 900 } });
  t.after(() => kim.context.close());
  const page = await kim.open();
  await signIn(page, 'kim');
  const button = (name) => page.getByRole('button', { name });
  const ahead = async () => (await (await fetch(`${server.url}/dev/clock`)).json()).offset_seconds;
  const moved = page.waitForResponse((response) => response.url().endsWith('/dev/clock'));
  await button('Eight days ahead').click();
  await moved;
  assert.equal(await ahead(), 8 * 86_400);
  await button('Back to now').click();
  await button('Back to now').and(page.locator(':disabled')).waitFor();
  assert.equal(await ahead(), 0);

  await button('Let the database fail 30 times').click();
  await waitForNotice(page, "Couldn't get data from the server.");
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  await button('Repair it').click();
  await button('Repair it').and(page.locator(':disabled')).waitFor();
  await page.locator('.latchkey-live[data-live=true]').waitFor({ timeout: 60_000 });
});
