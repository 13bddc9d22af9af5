// A browser that keeps no cookies: the user gets an explanation and the page does not loop.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromiumOptions, useLocalServer } from './support/local-server.mjs';
import { newUser, requestTimes, tabsOf } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();

/** Tries to sign in, and expects one sentence, the form again and no loop. */
async function expectCookieError(context, page, name) {
  await page.getByLabel('Your name').waitFor();
  const calls = ['/login', '/refresh', '/sessions'].flatMap((path) => ['GET', 'POST'].map((method) => requestTimes(context, method, path)));
  const count = () => calls.reduce((sum, times) => sum + times.length, 0);
  await page.getByLabel('Your name').fill('kim');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('blocks the cookies of this site').waitFor().catch(async () => {
    assert.fail(`the page shows: ${await page.locator('main').innerText()}`);
  });
  assert.ok(await page.getByLabel('Your name').isVisible());
  const asked = count();
  assert.ok(asked <= 6, `${asked} requests`);
  await checkAccessibility(page, name);
  await page.waitForTimeout(3_000);
  assert.equal(count(), asked);
}

test('blocked cookies are explained in one sentence', async (t) => {
  const profile = mkdtempSync(join(tmpdir(), 'latchkey-profile-'));
  mkdirSync(join(profile, 'Default'));
  // This is what the setting "block all cookies" writes.
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(settings));
  const context = await chromium.launchPersistentContext(profile, { ...chromiumOptions, bypassCSP: true, reducedMotion: 'reduce' });
  t.after(async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  });
  const { open, consoleLines } = tabsOf(context, server.url);
  const page = await open();
  const blocked = await page.evaluate(() => {
    try {
      return localStorage.length < 0;
    } catch {
      return true;
    }
  });
  assert.ok(blocked, 'the browser does not block cookies');
  await expectCookieError(context, page, 'cookies');
  assert.deepEqual(consoleLines.filter((line) => /uncaught|error:/i.test(line)), []);
});

test('cookies that a proxy removes are explained as well', async () => {
  const kim = await newUser(server);
  const page = await kim.open();
  await page.route('**/api/auth/login', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    delete headers['set-cookie'];
    await kim.context.clearCookies();
    await route.fulfill({ response, headers });
    await kim.context.clearCookies();
  });
  await expectCookieError(kim.context, page, 'cookies-taken');
  await kim.context.close();
});
