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

/**
 * Clicks the button with this name, a text or a pattern, at a place where nothing covers it. A page can move between the look and
 * the click, so the page says what the click has hit, and a click that missed is repeated.
 */
export async function click(tab, name) {
  const pattern = name.source ?? `^${name}$`;
  await until(
    async () => `no button "${pattern}" that a user can click: ${await textOf(tab)}`,
    async () => {
      const place = await inPage(tab, aim, pattern);
      if (!place) return false;
      await tab.clickAt(place.x, place.y);
      // If the click loads another page, the old one can end during the question.
      return inPage(tab, hasHit).catch(() => true);
    },
  );
}

/** Runs in the page: the centre of the button. The next click in the page is compared with the name of the button. */
function aim(pattern) {
  const isMeant = (button) => new RegExp(pattern).test((button.getAttribute('aria-label') ?? button.textContent).trim());
  for (const button of document.querySelectorAll('button')) {
    if (!isMeant(button)) continue;
    button.scrollIntoView({ block: 'center', behavior: 'instant' });
    const { left, top, width, height } = button.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    if (!button.contains(document.elementFromPoint(x, y))) continue;
    const shot = (globalThis.shot = { hit: undefined });
    const judge = ({ target }) => {
      const hit = target.closest('button');
      shot.hit = hit !== null && isMeant(hit);
    };
    addEventListener('click', judge, { capture: true, once: true });
    return { x, y };
  }
  return null;
}

/** Runs in the page: whether the click has hit the button. A new page has no shot, because the click has loaded it. */
async function hasHit() {
  const { shot } = globalThis;
  const end = performance.now() + 1_000;
  while (shot && shot.hit === undefined && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  return shot ? shot.hit === true : true;
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
