// Every state of the page: axe in light and dark, 320 px, and what only a browser can show.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { checkAccessibility } from './support/accessibility.mjs';
import { startGallery, stateNames } from './support/gallery.mjs';
import { chromiumOptions } from './support/local-server.mjs';

const NAMES = stateNames();

let gallery, browser;
before(async () => {
  gallery = await startGallery();
  browser = await chromium.launch(chromiumOptions);
});
after(async () => {
  await browser?.close();
  gallery?.stop();
});

/** Opens a state. */
async function open(t, state, { base = gallery.url, ...options } = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1000, height: 800 }, timezoneId: 'Europe/Berlin', bypassCSP: true, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${base}?state=${state}`);
  await page.locator('section.latchkey').waitFor();
  if (state !== 'loading') await page.locator('section.latchkey[aria-busy=false]').waitFor();
  await page.waitForTimeout(100);
  assert.deepEqual(errors, []);
  return page;
}

/** The distance of the list from the top of the component, in pixels. */
const listTop = (page) =>
  page.locator('.latchkey-cards').evaluate((list) => list.getBoundingClientRect().top - list.closest('section').getBoundingClientRect().top);

test('the states are read from the gallery', () => {
  assert.ok(NAMES.filter((name) => !name.startsWith('console')).length >= 20, NAMES.join());
  assert.ok(NAMES.filter((name) => name.startsWith('console')).length >= 20, NAMES.join());
});

describe('every state is accessible and fits 320 pixels', () => {
  for (const name of NAMES) {
    test(name, async (t) => {
      const page = await open(t, name);
      await checkAccessibility(page, `gallery-${name}`);
    });
  }
});

test('with eleven sessions and nine pieces of advice the list begins near the top', async (t) => {
  const page = await open(t, 'many');
  assert.equal(await page.locator('.latchkey-card').count(), 11);
  assert.ok((await listTop(page)) < 300, `${await listTop(page)} px`);
  assert.equal(await page.locator('[data-latchkey-question]').count(), 4, 'one question for each session');
  assert.ok(await page.locator('.latchkey-day h4').getByText('Today').isVisible(), 'the clock shows the day of the sample data');
});

test('a question, the details and a dialog are accessible and fit 320 pixels', async (t) => {
  const page = await open(t, 'many');
  await page.getByRole('button', { name: 'Firefox 145 on Linux' }).click();
  await page.getByRole('button', { name: "It wasn't me: Firefox on Linux" }).click();
  await page.getByRole('button', { name: 'Sign out of Safari on iPad', exact: true }).click();
  await checkAccessibility(page, 'gallery-opened');
  await page.getByRole('group', { name: 'Sign out of Firefox on Linux?' }).getByRole('button', { name: 'Sign out' }).click();
  const link = page.getByRole('link', { name: 'Change password' });
  await link.waitFor();
  assert.ok(await link.evaluate((element) => element === document.activeElement));
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await checkAccessibility(page, 'gallery-dialog');
});

test('the dialogs of the console are accessible and fit 320 pixels', async (t) => {
  const user = await open(t, 'console-user');
  await user.getByRole('button', { name: 'Suspend…' }).click();
  await user.getByLabel('Until').selectOption('other');
  await checkAccessibility(user, 'gallery-suspend');
  const network = await open(t, 'console-network');
  await network.getByRole('button', { name: 'End sessions from this network…' }).click();
  await checkAccessibility(network, 'gallery-bulk');
  await network.getByLabel('Reason (kept on record)').fill('credential stuffing');
  await network.getByRole('button', { name: 'Show what would end' }).click();
  await network.getByRole('button', { name: 'End 7 sessions' }).waitFor();
  await checkAccessibility(network, 'gallery-bulk-preview');
  await network.getByRole('button', { name: 'End 7 sessions' }).click();
  await network.getByText("The sessions of 2 users couldn't be ended, and may still be live.").waitFor();
  await checkAccessibility(network, 'gallery-bulk-incomplete');
});

test('the console shows hostile texts as text, also in the details', async (t) => {
  const page = await open(t, 'console-hostile');
  for (const summary of await page.locator('summary').all()) await summary.click();
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator('.latchkey :is(script, img, a, iframe)').count(), 0);
  assert.ok(!(await page.locator('main').innerText()).includes('\u202E'));
  await checkAccessibility(page, 'gallery-console-details');
});

test('a preview names hostile users as text', async (t) => {
  const page = await open(t, 'console-hostile-network');
  await page.getByRole('button', { name: 'End sessions from this network…' }).click();
  await page.getByLabel('Reason (kept on record)').fill('credential stuffing');
  await page.getByRole('button', { name: 'Show what would end' }).click();
  await page.getByRole('button', { name: 'End 4 sessions' }).waitFor();
  assert.equal(await page.locator('dialog li').count(), 8);
  assert.ok((await page.locator('dialog').innerText()).includes('[U+202E]moc.elgoog'));
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator('.latchkey :is(script, img, a, iframe)').count(), 0);
  await checkAccessibility(page, 'gallery-hostile-preview');
});

test('hostile texts are text, and reorder nothing', async (t) => {
  const page = await open(t, 'hostile');
  for (const name of await page.locator('.latchkey-name button').all()) await name.click();
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator('.latchkey :is(script, img, a, iframe)').count(), 0);
  assert.ok(!(await page.locator('main').innerText()).includes('\u202E'));
});

test('a theme of the page is stronger than that of the system', async (t) => {
  const page = await open(t, 'one', { colorScheme: 'light' });
  const background = () => page.locator('.latchkey').evaluate((element) => getComputedStyle(element).backgroundColor);
  const light = await background();
  await page.evaluate(() => (document.documentElement.dataset.theme = 'dark'));
  const dark = await background();
  assert.notEqual(dark, light);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.evaluate(() => (document.documentElement.dataset.theme = 'light'));
  assert.equal(await background(), light);
});

test("an app's styles for elements do not change the page", async (t) => {
  // The styles of a template that centres its texts, and of a framework that styles every element.
  const styles = `<style>
    #page { text-align: center; letter-spacing: 3px; text-transform: uppercase; }
    * { margin: 7px; padding: 5px; }
    h2, h3, h4 { font-size: 3.2em; line-height: 1.1; text-align: end; }
    button { border-radius: 0; padding: 2em 3em; background: #1a1a1a; color: #777; font-size: 2em; }
    ul { list-style: square; } li { display: inline-block; float: left; } li::before { content: '-'; }
    p, dl, dd, dt, figure, section { border: 3px solid; margin: 2em; } svg { width: 100%; } select, label { display: block; width: 100%; }
  </style>`;
  const styled = await startGallery(styles);
  t.after(styled.stop);
  const layout = (page) =>
    page.locator('.latchkey').evaluate((root) => {
      const top = root.getBoundingClientRect();
      return [...root.querySelectorAll('*')].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        const { color, backgroundColor, fontSize, textAlign, letterSpacing, textTransform } = getComputedStyle(element);
        return [element.localName, x - top.x, y - top.y, width, height, color, backgroundColor, fontSize, textAlign, letterSpacing, textTransform].join(' ');
      });
    });
  const own = await open(t, 'many');
  const inApp = await open(t, 'many', { base: styled.url });
  for (const page of [own, inApp]) await page.addStyleTag({ content: '#page, main { margin: 0 !important; padding: 0 !important; } body { margin: 0 !important; padding: 0 !important; } html { margin: 0 !important; padding: 0 !important; }' });
  const [expected, actual] = [await layout(own), await layout(inApp)];
  const different = expected.flatMap((line, n) => (line === actual[n] ? [] : [`${line} | ${actual[n]}`]));
  assert.deepEqual(different.slice(0, 5), []);
});
