// A user who reloads the page often: a reload costs one count of the limit at most, and a limited page stays useful.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { checkAccessibility } from './support/accessibility.mjs';
import { newUser, signIn, waitForNotice } from './support/user.mjs';

const server = useLocalServer({}, { LIMIT_GENERAL: '24/15m' });

test('a reload costs one count at most, and a limited page keeps the list and the sign-outs', async () => {
  const rob = await newUser(server);
  const page = await rob.open();
  await signIn(page, 'rob');
  await server.login('rob', { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1' });
  const phone = page.getByRole('button', { name: 'Sign out of Safari on iPhone' });
  await phone.waitFor();
  // Requests of the change above may still be under way, and are not of a reload.
  await page.waitForLoadState('networkidle');
  const counted = [];
  rob.context.on('response', (response) => {
    if (new URL(response.url()).pathname.startsWith('/api/auth/sessions')) counted.push(response.status());
  });
  for (let reload = 0; reload < 10; reload++) {
    await Promise.all([page.waitForResponse('**/sessions/events*'), page.reload()]);
    await phone.waitFor();
  }
  assert.ok(counted.filter((status) => status === 200).length <= 10, `${counted}`);
  assert.ok(!counted.includes(429), `${counted}`);
  // The page goes on until the limit is reached.
  for (let reload = 0; reload < 30 && !counted.includes(429); reload++) {
    await Promise.all([page.waitForResponse('**/sessions*'), page.reload()]);
    await page.waitForTimeout(300);
  }
  // A change of the list has to be counted, and is refused.
  await server.login('rob');
  await page.reload();
  await waitForNotice(page, 'Too many requests.');
  await phone.waitFor();
  await checkAccessibility(page, 'limited-reload');
  await phone.click();
  const ended = page.waitForResponse((response) => response.request().method() === 'DELETE');
  await page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
  await ended;
  await phone.waitFor({ state: 'detached' });
  await page.reload();
  await waitForNotice(page, 'Too many requests.');
  assert.equal(await phone.count(), 0, 'the session that the user ended');
  // A new tab has no list to show, and offers the sign-outs all the same.
  const tab = await rob.open();
  await waitForNotice(tab, 'Too many requests.');
  await tab.getByRole('button', { name: 'Sign out everywhere' }).click();
  await tab.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await tab.getByLabel('Your name').waitFor();
  await rob.context.close();
});
