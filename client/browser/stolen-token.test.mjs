// A refresh token that was used in two places ends its session, and the user sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, moveClock, revisit } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { nextResponse, waitForNotice, newUser, signIn } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();

test('a stolen token ends the session, and the page explains it', async () => {
  const ida = await newUser(server);
  const page = await ida.open();
  await signIn(page, 'ida');
  // The thief copies the cookie, the user refreshes twice, then the thief uses the copy.
  const stolen = (await ida.context.cookies()).find((cookie) => cookie.name.endsWith('refresh'));
  for (let n = 0; n < 2; n++) {
    await expire(server);
    const refreshed = nextResponse(page, 'POST', '/refresh');
    await moveClock(page);
    await revisit(page);
    await refreshed;
  }
  const thief = await server.post('/api/auth/refresh', { refresh_token: stolen.value });
  assert.equal(thief.reason, 'security');
  await waitForNotice(page, 'We signed you out to protect your account');
  await checkAccessibility(page, 'stolen');
  await ida.context.close();
});

test('the demo shows in two clicks how a theft is noticed', async () => {
  const ned = await newUser(server);
  const page = await ned.open();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Use a stolen token' }).click();
  await page.getByText('The thief sent a refresh token that had been used already. Latchkey ended that session').waitFor();
  await page.locator('.latchkey-events').getByText('Sign-in used in two places').waitFor();
  const recommendation = page.locator('.latchkey-recommendations');
  await recommendation.getByText('We ended a session because its sign-in was used in two places').waitFor();
  assert.match(await recommendation.innerText(), /203\.0\.113\.66/, 'the address of the thief');
  // The session of this page is not affected.
  assert.ok(await page.getByText('This device', { exact: true }).isVisible());
  await checkAccessibility(page, 'story');
  await ned.context.close();
});
