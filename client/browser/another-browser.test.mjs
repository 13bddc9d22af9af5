// Two browsers of one user: each sees the other and can sign it out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { waitForNotice, newUser, signIn } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

test('another browser appears in the list and can be signed out from here', async () => {
  const [carol, elsewhere] = [await newUser(server), await newUser(server, { userAgent: firefox })];
  const [mine, other] = [await carol.open(), await elsewhere.open()];
  await signIn(mine, 'carol');
  await mine.getByText("You're not signed in anywhere else.").waitFor();
  await checkAccessibility(mine, 'only-here');
  await signIn(other, 'carol');
  const row = mine.locator('.latchkey-card').nth(1);
  // The page polls every ten seconds, and a busy machine adds to that.
  await row.waitFor({ timeout: 15_000 });
  const advice = await row.locator('.latchkey-question p').innerText();
  assert.match(advice, /^New device, just now\. Was this you\?/);
  await checkAccessibility(mine, 'two');
  await row.getByRole('button', { name: 'Sign out of Firefox on Linux' }).focus();
  await mine.keyboard.press('Enter');
  await checkAccessibility(mine, 'asking');
  await row.getByRole('button', { name: 'Sign out', exact: true }).press('Enter');
  await waitForNotice(other, 'You were signed out from another device.', 15_000);
  await carol.context.close();
  await elsewhere.context.close();
});

test('a sixth sign-in ends the least recently used session, with an explanation', async () => {
  const lea = await newUser(server);
  const page = await lea.open();
  await signIn(page, 'lea');
  // The server updates the last activity rarely, so the clock moves on by more than that.
  await server.post('/dev/clock', { advance_seconds: 600 });
  for (let n = 2; n <= 6; n++) await server.login('lea');
  await waitForNotice(page, 'You were signed out here because you signed in on more than 5 devices.');
  await page.getByLabel('Your name').waitFor();
  await checkAccessibility(page, 'evicted');
  await lea.context.close();
});
