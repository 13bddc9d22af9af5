// A refresh token that was used in two places ends its session, and the user sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, moveClock, revisit } from './support/clocks.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { nextResponse, waitForNotice, newUser, signIn } from './support/user.mjs';
import { checkAccessibility } from './support/accessibility.mjs';

const server = useLocalServer();
const unbound = useLocalServer({}, { SESSION_BINDING: 'off' });

test('cookies that were copied to another browser are refused, and the owner stays', async () => {
  const [pia, thief] = [await newUser(server), await newUser(server)];
  const page = await pia.open();
  await signIn(page, 'pia');
  await page.getByText('Bound to its browser').waitFor();
  await thief.context.addCookies(await pia.context.cookies());
  const copy = await thief.open();
  await waitForNotice(copy, 'This browser has lost its key. Sign in again.');
  const refresh = () =>
    copy.evaluate(async () => {
      const response = await fetch('/api/auth/refresh', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
      return [response.status, (await response.json()).code];
    });
  assert.deepEqual(await refresh(), [400, 'device_proof_required']);
  await expire(server);
  const refreshed = nextResponse(page, 'POST', '/refresh');
  await moveClock(page);
  await revisit(page);
  await refreshed;
  assert.deepEqual(await refresh(), [400, 'device_proof_required']);
  await page.reload();
  await page.getByText('This device', { exact: true }).waitFor();
  await page.locator('.latchkey-events').getByText('Copied sign-in rejected').first().waitFor();
  await checkAccessibility(copy, 'lost-key');
  for (const { context } of [pia, thief]) await context.close();
});

test('a stolen token of an unbound session ends it, and the page explains it', async () => {
  const ida = await newUser(unbound);
  const page = await ida.open();
  await signIn(page, 'ida');
  // The thief copies the cookie, the user refreshes twice, then the thief uses the copy.
  const stolen = (await ida.context.cookies()).find((cookie) => cookie.name.endsWith('refresh'));
  for (let n = 0; n < 2; n++) {
    await expire(unbound);
    const refreshed = nextResponse(page, 'POST', '/refresh');
    await moveClock(page);
    await revisit(page);
    await refreshed;
  }
  const thief = await unbound.post('/api/auth/refresh', { refresh_token: stolen.value });
  assert.equal(thief.reason, 'security');
  await waitForNotice(page, 'We signed you out to protect your account');
  await checkAccessibility(page, 'stolen');
  await ida.context.close();
});
