// An administrator ends sessions and suspends users in the security console, on the real server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAccessibility } from './support/accessibility.mjs';
import { openConsole, playAttack, signInAsAdministrator, signInFrom, untilListed } from './support/console.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { until } from './support/steps.mjs';

const server = useLocalServer();
const button = (page, name) => page.getByRole('button', { name, exact: true });
const inDialog = (page, name) => page.getByRole('dialog').getByRole('button', { name });
const reason = (page) => page.getByRole('dialog').getByLabel('Reason (kept on record)');

/** The status with which the session of these tokens can still read its own list. */
async function statusOf({ access_token: token }) {
  const response = await fetch(`${server.url}/api/auth/sessions`, { headers: { authorization: `Bearer ${token}` } });
  return response.status;
}

/** The response to a sign-in. */
async function trySignIn(sub) {
  const { assertion } = await server.post('/dev/assertion', { sub });
  const response = await fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ assertion, delivery: 'body' }),
  });
  return response.status;
}

async function search(page, text) {
  await page.getByLabel('User id, IP address or session id').fill(text);
  await button(page, 'Search').click();
}

test('an attack is found by its alert, and its sessions end after a preview', async (t) => {
  const page = await openConsole(t, server);
  await signInAsAdministrator(page);
  const own = await server.login('home', { 'x-dev-source-ip': '198.51.100.99' });
  const victim = await signInFrom(server, 'victim', '203.0.113.77');
  await playAttack(page);

  // The overview notices the stolen token within its poll.
  const alert = page.locator('.latchkey-events li', { hasText: 'Sign-in used in two places' });
  await alert.first().waitFor({ timeout: 45_000 });
  await checkAccessibility(page, 'console-1-overview');
  await alert.getByRole('button', { name: /^Open the network of 203\.0\.113\./ }).first().click();
  await page.getByRole('heading', { name: 'Network 203.0.113.0/24' }).waitFor();
  await page.getByRole('button', { name: 'Open user rosa' }).waitFor();
  assert.equal(await page.locator('.latchkey-events li').count(), 13);
  await checkAccessibility(page, 'console-2-network');

  await untilListed(server);
  await button(page, 'End sessions from this network…').click();
  await reason(page).fill('credential stuffing');
  await inDialog(page, 'Show what would end').click();
  await page.getByText('13 sessions of 13 users would end.').and(page.locator('strong')).waitFor();
  assert.equal(await statusOf(victim), 200, 'the preview has ended a session');
  await checkAccessibility(page, 'console-3-preview');
  // This session is newer than the preview, so it stays.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const later = await signInFrom(server, 'later', '203.0.113.78');
  await inDialog(page, 'End 13 sessions').click();
  await page.locator('.latchkey-message', { hasText: /^13 sessions of 13 users ended\./ }).waitFor();
  assert.deepEqual([await statusOf(victim), await statusOf(own), await statusOf(later)], [401, 200, 200]);
  await checkAccessibility(page, 'console-4-ended');
});

test('a suspended user cannot sign in until an administrator resumes the user', async (t) => {
  const page = await openConsole(t, server);
  await signInAsAdministrator(page);
  const session = await server.login('sue');
  await search(page, 'sue');
  await button(page, 'User sue').click();
  await page.getByText('Not suspended').waitFor();
  await page.locator('.latchkey-user .latchkey-card').first().waitFor();

  await button(page, 'Suspend…').click();
  await reason(page).fill('account taken over');
  await page.getByLabel('Until').selectOption('24');
  await inDialog(page, 'Suspend').click();
  await page.locator('.latchkey-message', { hasText: 'sue is suspended. 1 session has ended.' }).waitFor();
  await page.getByText(/^Suspended since .*, until /).waitFor();
  await page.getByText('Reason: account taken over').waitFor();
  await page.getByText("sue isn't signed in anywhere.").waitFor();
  assert.deepEqual([await statusOf(session), await trySignIn('sue')], [401, 403]);
  await checkAccessibility(page, 'console-5-suspended');

  await button(page, 'Resume…').click();
  await reason(page).fill('owner has a new password');
  await inDialog(page, 'Resume').click();
  await page.locator('.latchkey-message', { hasText: 'sue may sign in again.' }).waitFor();
  await page.getByText('Not suspended').waitFor();
  assert.equal(await trySignIn('sue'), 201);
});

test('an administrator ends one session of a user with a reason', async (t) => {
  const page = await openConsole(t, server, '#page=user&userId=tom');
  const session = await server.login('tom');
  await signInAsAdministrator(page);
  await page.locator('.latchkey-user .latchkey-card').getByRole('button', { name: /^Sign out of/ }).click();
  await page.getByLabel('Reason (kept on record)').fill('odd place');
  await page.locator('.latchkey-confirm').getByRole('button', { name: 'Sign out' }).click();
  await page.getByText("tom isn't signed in anywhere.").waitFor();
  // The card leaves before the response arrives.
  await until('the session has not ended', async () => (await statusOf(session)) === 401);
  // The ended session is found by its id, and leads back to its user.
  await search(page, session.session_id);
  await page.getByText(/^Session of tom, ended on .*: Signed out by an administrator$/).waitFor();
  await button(page, `Session ${session.session_id}`).click();
  await page.getByRole('heading', { name: 'User tom' }).waitFor();
});

test('after 15 minutes an action asks for a new sign-in and goes on afterwards', async (t) => {
  const page = await openConsole(t, server, '#page=user&userId=una');
  await server.login('una');
  await signInAsAdministrator(page);
  await button(page, 'Suspend…').waitFor();
  await server.post('/dev/clock', { advance_seconds: 1_200 });
  t.after(() => server.post('/dev/clock', { advance_seconds: -1_200 }));
  await button(page, 'Suspend…').click();
  await reason(page).fill('account taken over');
  await inDialog(page, 'Suspend').click();
  await page.getByRole('dialog').getByText('For your security, this needs a sign-in of the last 15 minutes.').waitFor();
  await checkAccessibility(page, 'console-6-sign-in-again');
  assert.equal(await trySignIn('una'), 201, 'the user was suspended without a new sign-in');
  await inDialog(page, 'Sign in again').click();
  await page.getByRole('dialog').getByText("You've signed in again. You can continue.").waitFor();
  assert.equal(await reason(page).inputValue(), 'account taken over');
  await inDialog(page, 'Suspend').click();
  await page.locator('.latchkey-message', { hasText: 'una is suspended.' }).waitFor();
  assert.equal(await trySignIn('una'), 403);
});
