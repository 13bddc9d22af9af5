// The whole page can be used with the keyboard, and the focus is always visible.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectFocus, expectTabStaysInDialog, walk } from './support/keyboard.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { waitForNotice, newUser } from './support/user.mjs';

const server = useLocalServer();
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Signs in with the keyboard alone. */
async function signInByKeys(page, name) {
  await page.getByLabel('Your name').waitFor();
  await walk(page, 'Your name');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await page.getByText('This device', { exact: true }).waitFor();
  await expectFocus(page, 'Latchkey on this machine');
}

test('sign in and sign out with Tab, Enter, Space and Escape', async () => {
  const pat = await newUser(server);
  const page = await pat.open();
  await signInByKeys(page, 'pat');
  await server.login('pat', { 'user-agent': firefox });
  await page.locator('.latchkey-name', { hasText: 'on Linux' }).waitFor();

  // The inline question has the focus on Cancel, and Escape closes it.
  await walk(page, 'Sign out of Firefox on Linux');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Cancel');
  await page.keyboard.press('Escape');
  await expectFocus(page, 'Sign out of Firefox on Linux');
  await page.keyboard.press('Space');
  await expectFocus(page, 'Cancel');
  await walk(page, 'Sign out', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText("You're not signed in anywhere else.").waitFor();
  await expectFocus(page, 'Headless Chrome');

  // Escape closes the dialog and returns the focus to its button.
  await walk(page, 'Sign out everywhere');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Cancel');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await expectFocus(page, 'Sign out everywhere');
  await page.keyboard.press('Space');
  await expectFocus(page, 'Cancel');
  await walk(page, 'Sign out everywhere', 'Shift+Tab');
  await page.keyboard.press('Space');
  await waitForNotice(page, "You've signed out.");
  await expectFocus(page, "Where you're signed in");
  await walk(page, 'Your name');
  await pat.context.close();
});

test('Tab stays in an open dialog, and the focus stays on the page afterwards', async () => {
  const quin = await newUser(server);
  const page = await quin.open();
  await signInByKeys(page, 'quin');
  await walk(page, 'Sign out everywhere');
  await page.keyboard.press('Enter');
  await expectFocus(page, 'Cancel');
  await expectTabStaysInDialog(page);
  await page.keyboard.press('Escape');
  await walk(page, 'Sign out here', 'Shift+Tab');
  await page.keyboard.press('Space');
  await waitForNotice(page, "You've signed out.");
  await expectFocus(page, 'Latchkey on this machine');
  await quin.context.close();
});
