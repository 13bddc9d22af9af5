// Steps of a user in a tab, the same in every browser.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Calls `attempt` until it returns a value that is not false, and returns the value. */
export async function until(what, attempt, seconds = 30) {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    const value = await attempt();
    if (value) return value;
    if (Date.now() > end) assert.fail(typeof what === 'function' ? await what() : what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Calls the function in the page with the arguments, which pass through JSON. */
export const inPage = (tab, run, ...args) => tab.evaluate(`(${run})(...${JSON.stringify(args)})`);

export const textOf = (tab) => inPage(tab, () => document.body?.innerText ?? '');

export const see = (tab, text, seconds) =>
  until(async () => `"${text}" was not found; the page has: ${await textOf(tab)}`, async () => (await textOf(tab)).includes(text), seconds);

export const seeNoMore = (tab, text, seconds) =>
  until(async () => `"${text}" is still there: ${await textOf(tab)}`, async () => !(await textOf(tab)).includes(text), seconds);

/** Clicks the button with this name, a text or a pattern, at a place where nothing covers it. */
export async function click(tab, name) {
  const pattern = name.source ?? `^${name}$`;
  const place = await until(
    async () => `no button "${pattern}" that a user can click: ${await textOf(tab)}`,
    () => inPage(tab, centreOfButton, pattern),
  );
  await tab.clickAt(place.x, place.y);
}

/** Runs in the page. */
function centreOfButton(pattern) {
  const name = new RegExp(pattern);
  for (const button of document.querySelectorAll('button')) {
    if (!name.test((button.getAttribute('aria-label') ?? button.textContent).trim())) continue;
    button.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { left, top, width, height } = button.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    if (button.contains(document.elementFromPoint(x, y))) return { x, y };
  }
  return null;
}

/** Replaces the text of the field that has the focus after a click on its label. */
export async function fill(tab, label, text) {
  await until(`no field "${label}"`, () => inPage(tab, selectField, label));
  await tab.type(text);
}

/** Runs in the page. */
function selectField(label) {
  const field = [...document.querySelectorAll('label')].find(({ textContent }) => textContent.trim() === label)?.control;
  field?.focus();
  field?.select();
  return field !== undefined && document.activeElement === field;
}

export async function trySignIn(tab, name) {
  await fill(tab, 'Your name', name);
  await click(tab, 'Sign in');
}

export async function signIn(tab, name) {
  await trySignIn(tab, name);
  await see(tab, 'This device');
}

/** Writes a picture of the tab to the directory LATCHKEY_SHOTS, if it is set. */
export async function save(tab, name) {
  const folder = process.env.LATCHKEY_SHOTS;
  if (folder !== undefined) writeFileSync(join(folder, `${name}.png`), await tab.screenshot());
}

/** Moves the clock of the page, and makes the page check it, as when the user returns to the tab. */
export const moveClock = (tab, milliseconds) =>
  inPage(tab, (milliseconds) => {
    const now = Date.now;
    Date.now = () => now() + milliseconds;
    document.dispatchEvent(new Event('visibilitychange'));
  }, milliseconds);
