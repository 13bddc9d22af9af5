// The trail names the device that was signed out, by whom and from where.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { newUser, signIn } from './support/user.mjs';

const server = useLocalServer();
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

test('an iPhone that was signed out from Chrome is one line with both devices', async () => {
  const una = await newUser(server);
  const page = await una.open();
  await signIn(page, 'una');
  await server.login('una', { 'user-agent': IPHONE });
  await page.getByRole('button', { name: 'Sign out of Safari on iPhone' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).last().click();
  const events = page.locator('.latchkey-events');
  await events.getByText('Signed out by you').waitFor();
  const ends = (await events.locator('li').allInnerTexts()).filter((line) => /signed out|sign-out|ended/i.test(line));
  assert.equal(ends.length, 1, ends.join('; '));
  assert.match(ends[0].replaceAll('\n', ' '), /Signed out by you .*iPhone, from .*Chrome/);
  await una.context.close();
});
