// The whole page can be used with the keyboard, and the focus is always visible.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { waitForNotice, newUser } from './support/user.mjs';

const server = useLocalServer();
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** The focused element's tag and name, and whether it has a focus ring. */
const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return { tag: element.localName, name: name.trim(), ring: getComputedStyle(element).outlineStyle !== 'none' };
  });

/** Waits until the element with this name has the focus. */
async function expectFocus(page, name) {
  const found = page.waitForFunction((name) => {
    const { activeElement: element } = document;
    return element !== document.body && (element.getAttribute('aria-label') ?? element.textContent).trim().startsWith(name);
  }, name, { timeout: 5_000 });
  await found.catch(async () => assert.fail(`the focus is not on "${name}" but on ${JSON.stringify(await focused(page))}`));
}

/** Presses the key until the element has the focus. Every stop on the way must have a focus ring. */
async function walk(page, name, key = 'Tab') {
  const seen = [];
  for (let n = 0; n < 20; n++) {
    await page.keyboard.press(key);
    const stop = await focused(page);
    seen.push(stop.name);
    if (stop.tag === 'body') continue;
    assert.ok(stop.ring, `${stop.tag} "${stop.name}" has the focus and no ring`);
    if (stop.name.startsWith(name)) return;
  }
  assert.fail(`${key} does not lead to "${name}": ${seen.join(', ')}`);
}

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
  for (let n = 0; n < 6; n++) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null);
    assert.ok(inside, JSON.stringify(await focused(page)));
  }
  await page.keyboard.press('Escape');
  await walk(page, 'Sign out here', 'Shift+Tab');
  await page.keyboard.press('Space');
  await waitForNotice(page, "You've signed out.");
  await expectFocus(page, 'Latchkey on this machine');
  await quin.context.close();
});
