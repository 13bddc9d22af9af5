// The security console with the keyboard alone: filters, pages, search, and the dialogs, with what a screen reader finds in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openConsole, signInAsAdministrator, signInFrom, untilListed } from './support/console.mjs';
import { expectFocus, expectTabStaysInDialog, focused, walk } from './support/keyboard.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { until } from './support/steps.mjs';

const server = useLocalServer();
const waitForLines = (page, count) => page.waitForFunction((count) => document.querySelectorAll('.latchkey-events li').length === count, count);
const REASON = 'Reason (kept on record)';

/** The texts of the live regions of a role that a screen reader reaches. An inert region is not among them. */
async function liveTexts(page, role) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const textOf = (node) =>
    node.role?.value === 'StaticText' ? [node.name.value] : (node.childIds ?? []).flatMap((id) => textOf(byId.get(id) ?? { childIds: [] }));
  return nodes.filter((node) => !node.ignored && node.role?.value === role).map((node) => textOf(node).join(' ').trim());
}

const dialogIsModal = (page) => page.evaluate(() => document.querySelector('dialog')?.matches(':modal') === true);

test('filters, more events and the search need no mouse', async (t) => {
  const names = Array.from({ length: 54 }, (_, n) => `user-${n}`);
  await Promise.all([...names, 'kim'].map((name, n) => signInFrom(server, name, `198.51.${n}.7`)));
  const page = await openConsole(t, server);
  await signInAsAdministrator(page);
  await walk(page, 'User id, IP');
  await page.keyboard.type('kim');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Results for “kim”');
  await walk(page, 'User kim');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'User kim');

  await walk(page, 'Events', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Events');
  await walk(page, 'Severity');
  // The navigation opens the events of medium severity and above, and the first choice is all events.
  await page.keyboard.press('Home');
  await page.waitForURL(/#page=events&period=168$/);
  await expectFocus(page, 'Severity');
  await waitForLines(page, 50);
  await walk(page, 'User id');
  await page.keyboard.type('kim');
  await page.keyboard.press('Enter');
  await waitForLines(page, 1);
  await expectFocus(page, 'User id');
  await walk(page, 'Reset filters');
  await page.keyboard.press('Enter');
  await waitForLines(page, 50);
  assert.notEqual((await focused(page)).tag, 'body', 'the focus was lost with the button');

  // From the first stop of the page, backwards leads to its last one.
  await walk(page, 'The page for users', 'Shift+Tab');
  await walk(page, 'Show more', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.latchkey-events li').length > 55);
  assert.notEqual((await focused(page)).tag, 'body', 'the focus was lost with the button');
});

test('a dialog keeps the focus, announces its error, and outlasts Escape', async (t) => {
  // A user without a session, whose end would be announced, too.
  const page = await openConsole(t, server, '#page=user&userId=lea');
  await signInAsAdministrator(page);
  await page.getByText('Not suspended').waitFor();
  await walk(page, 'User id, IP');
  await walk(page, 'Suspend…');
  await page.keyboard.press('Enter');
  await expectFocus(page, REASON);
  await expectTabStaysInDialog(page);
  await page.keyboard.press('Escape');
  await expectFocus(page, 'Suspend…');
  await page.keyboard.press('Space');
  await expectFocus(page, REASON);
  await page.keyboard.type('account taken over');

  // The server does not respond yet: two times Escape leave the dialog open, and the focus in it.
  let respond;
  const held = new Promise((resolve) => (respond = resolve));
  await page.route('**/api/auth/revoke', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await held;
    return route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'Down', status: 503, code: 'store_unavailable' }) });
  });
  await walk(page, 'Suspend');
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/revoke'));
  await page.keyboard.press('Enter');
  await sent;
  await expectFocus(page, 'Suspend');
  for (let n = 0; n < 3; n++) {
    await page.keyboard.press('Escape');
    await page.waitForTimeout(100);
    assert.ok(await dialogIsModal(page), `Escape number ${n + 1} closed the dialog`);
  }
  assert.equal(await page.evaluate(() => document.activeElement.closest('dialog') !== null), true);
  respond();
  await page.locator('dialog .latchkey-notice').waitFor();
  assert.deepEqual(await liveTexts(page, 'alert'), ["That didn't work: the server couldn't be reached. Nothing is lost, please try again."]);
  assert.equal(await page.evaluate(() => document.activeElement.closest('dialog') !== null), true, 'the focus has left the dialog');

  await page.unroute('**/api/auth/revoke');
  await walk(page, REASON, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.locator('.latchkey-message', { hasText: 'lea is suspended.' }).waitFor();
  await page.locator('.latchkey-sr-only[role=status]', { hasText: 'lea is suspended.' }).waitFor({ state: 'attached' });
  await until('the outcome is not announced', async () => (await liveTexts(page, 'status')).some((text) => text.startsWith('lea is suspended.')), 5);
  await expectFocus(page, 'Change the suspension…');
});

test('the sessions of a network end in two steps without a mouse', async (t) => {
  await Promise.all(['nia', 'oli', 'pia'].map((name, n) => signInFrom(server, name, `192.0.2.${n + 9}`)));
  await untilListed(server);
  const page = await openConsole(t, server, '#page=network&network=192.0.2.9');
  await signInAsAdministrator(page);
  await page.getByRole('heading', { name: 'Network 192.0.2.0/24' }).waitFor();
  await walk(page, 'User id, IP');
  await walk(page, 'End sessions from this network…');
  await page.keyboard.press('Enter');
  await expectFocus(page, REASON);
  await page.keyboard.type('credential stuffing');
  await walk(page, 'Show what would end');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Back');
  await page.keyboard.press('Enter');
  await expectFocus(page, REASON);
  await page.keyboard.type('credential stuffing');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Back');
  await page.getByRole('heading', { name: 'End sessions from 192.0.2.0/24' }).waitFor();
  await walk(page, 'End 3 sessions', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.locator('.latchkey-message', { hasText: /^3 sessions of 3 users ended\./ }).waitFor();
  await expectFocus(page, 'End sessions from this network…');
});
