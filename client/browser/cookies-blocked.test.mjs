// What is somebody told whose browser keeps no cookies?
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laptop } from './laptop.mjs';
import { person, requests } from './person.mjs';
import { sound } from './sound.mjs';

const here = laptop();

/** Signs in in vain: one sentence, the form again, and no loop. */
async function isTold(context, page, name) {
  const calls = ['/login', '/refresh', '/sessions'].flatMap((path) => ['GET', 'POST'].map((method) => requests(context, method, path)));
  const count = () => calls.reduce((sum, times) => sum + times.length, 0);
  await page.getByLabel('Your name').fill('kim');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('does not keep our cookies').waitFor({ timeout: 15_000 }).catch(async () => {
    assert.fail(`the page shows: ${await page.locator('main').innerText()}`);
  });
  assert.ok(await page.getByLabel('Your name').isVisible());
  const asked = count();
  assert.ok(asked <= 6, `${asked} requests`);
  await sound(page, name);
  await page.waitForTimeout(3_000);
  assert.equal(count(), asked);
}

test('blocked cookies are one clear sentence', async () => {
  const kim = await person(here);
  const page = await kim.open();
  await page.route('**/api/auth/login', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    delete headers['set-cookie'];
    await kim.context.clearCookies();
    await route.fulfill({ response, headers });
    await kim.context.clearCookies();
  });
  await isTold(kim.context, page, 'cookies-taken');
  await kim.context.close();
});
