// Can everything be done with the keys alone, and is it always clear where the focus is?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laptop } from './laptop.mjs';
import { hears, person } from './person.mjs';

const here = laptop();
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** What has the focus: its name, and whether a ring shows it. */
const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return { tag: element.localName, name: name.trim(), ring: getComputedStyle(element).outlineStyle !== 'none' };
  });

/** The focus is there once the page has done what it was told. */
async function focusIs(page, name) {
  const found = page.waitForFunction((name) => {
    const { activeElement: element } = document;
    return element !== document.body && (element.getAttribute('aria-label') ?? element.textContent).trim().startsWith(name);
  }, name, { timeout: 5_000 });
  await found.catch(async () => assert.fail(`the focus is not on "${name}" but on ${JSON.stringify(await focused(page))}`));
}

/** Presses the key until that is reached; every stop on the way can be seen. */
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

/** From the load of the page to its own session, by keys. */
async function signInByKeys(page, name) {
  await page.getByLabel('Your name').waitFor();
  await walk(page, 'Your name');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await page.getByText('This device').waitFor();
  await focusIs(page, 'Latchkey on this machine');
}

test('from signing in to signing out with Tab, Enter, Space and Escape', async () => {
  const pat = await person(here);
  const page = await pat.open();
  await signInByKeys(page, 'pat');
  await here.login('pat', { 'user-agent': firefox });
  await page.locator('.latchkey-name', { hasText: 'Linux PC' }).waitFor();

  // Asked in place: the focus is on what changes nothing, and Escape takes the question back.
  await walk(page, 'Sign out Linux PC');
  await page.keyboard.press('Enter');
  await focusIs(page, 'Keep');
  await page.keyboard.press('Escape');
  await focusIs(page, 'Sign out Linux PC');
  await page.keyboard.press('Space');
  await focusIs(page, 'Keep');
  await walk(page, 'Sign out', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByText('You are signed in only here.').waitFor();
  await focusIs(page, 'This device');

  // In a dialog: Escape closes it, and the focus is back where it came from.
  await walk(page, 'Sign out everywhere …');
  await page.keyboard.press('Enter');
  await focusIs(page, 'Cancel');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await focusIs(page, 'Sign out everywhere …');
  await page.keyboard.press('Space');
  await focusIs(page, 'Cancel');
  await walk(page, 'Sign out everywhere', 'Shift+Tab');
  await page.keyboard.press('Space');
  await hears(page, 'You signed out.');
  await focusIs(page, "Where you're signed in");
  await walk(page, 'Your name');
  await pat.context.close();
});

test('no key leaves an open dialog, and signing out here leaves the focus on the page', async () => {
  const quin = await person(here);
  const page = await quin.open();
  await signInByKeys(page, 'quin');
  await walk(page, 'Sign out everywhere …');
  await page.keyboard.press('Enter');
  await focusIs(page, 'Cancel');
  for (let n = 0; n < 6; n++) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null);
    assert.ok(inside, JSON.stringify(await focused(page)));
  }
  await page.keyboard.press('Escape');
  await walk(page, 'Sign out here', 'Shift+Tab');
  await page.keyboard.press('Space');
  await hears(page, 'You signed out.');
  await focusIs(page, 'Latchkey on this machine');
  await quin.context.close();
});
