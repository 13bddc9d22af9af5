// The page "Was this you?": accessibility, keyboard, hostile texts, German and dark, and what its policy refuses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAccessibility } from './support/accessibility.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { hasEnded, newSignIn } from './support/review.mjs';

const server = useLocalServer({}, { PASSWORD_CHANGE_URL: 'https://id.example.com/password' });

/** Opens a link. axe is a script, which the policy of the page would refuse. */
async function open(t, link, options = {}) {
  const context = await server.browser.newContext({ bypassCSP: true, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(link);
  return page;
}

test('every page is accessible, narrow and dark', async (t) => {
  const { link } = await newSignIn(server, 'dan');
  const page = await open(t, link);
  await checkAccessibility(page, 'review');
  await page.getByRole('button', { name: 'It was me' }).click();
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  await checkAccessibility(page, 'review-confirmed');
  await page.getByRole('button', { name: "It wasn't me" }).click();
  await page.getByRole('heading', { name: 'The device is signed out' }).waitFor();
  await checkAccessibility(page, 'review-reported');
  await page.goto(`${link}x`);
  await checkAccessibility(page, 'review-invalid');
});

test('the keyboard is enough', async (t) => {
  const { link, stolen } = await newSignIn(server, 'eva');
  const page = await open(t, link);
  await page.keyboard.press('Tab');
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  assert.equal(await focused(), "It wasn't me");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, 'solid', 'the focus is visible');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'It was me');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The device is signed out' }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Change password');
  assert.ok(await hasEnded(server, stolen));
});

test('German texts fit a narrow dark screen', async (t) => {
  const { link } = await newSignIn(server, 'fay');
  const page = await open(t, link, { locale: 'de-DE', colorScheme: 'dark', viewport: { width: 320, height: 800 } });
  await page.getByRole('heading', { name: 'Waren Sie das?' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await checkAccessibility(page, 'review-german');
  await page.getByRole('button', { name: 'Das war ich nicht' }).click();
  await page.getByRole('heading', { name: 'Das Gerät ist abgemeldet' }).waitFor();
  await checkAccessibility(page, 'review-german-reported');
});

test('a hostile user agent is text on the page, in one line direction', async (t) => {
  const override = '\u202E';
  const agent = Buffer.from(`<img src=x onerror="window.ran=1">${override}moc.elgoog/1.0`, 'utf8').toString('latin1');
  const { link } = await newSignIn(server, 'gil', { 'user-agent': agent });
  const page = await open(t, link);
  assert.equal(await page.locator('img, script, a').count(), 0);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  await checkAccessibility(page, 'review-hostile');
});

test('the policy refuses scripts, frames and foreign targets of the form', async (t) => {
  const { link, stolen } = await newSignIn(server, 'hal');
  const context = await server.browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const refused = [];
  page.on('console', (message) => refused.push(message.text()));
  await page.goto(link);
  await page.locator('form').evaluate((form) => {
    form.action = 'http://localhost:1/steal';
    form.requestSubmit(form.querySelector('button'));
  });
  await page.waitForTimeout(300);
  assert.ok(refused.some((text) => text.includes('form-action')), refused.join('\n'));
  assert.ok(page.url().startsWith(server.url), page.url());
  // A page of another origin cannot show it in a frame, in which a click would end the session.
  const frame = await context.newPage();
  await frame.goto(`${server.url.replace('127.0.0.1', 'localhost')}/`);
  await frame.setContent(`<iframe src="${link}"></iframe>`);
  await frame.waitForTimeout(500);
  const shown = await Promise.all(frame.frames().slice(1).map((one) => one.content().catch(() => '')));
  assert.ok(!shown.join().includes('Was this you?'), shown.join());
  assert.equal(await hasEnded(server, stolen), false);
});
