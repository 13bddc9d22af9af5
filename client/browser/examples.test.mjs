// The examples with a page, as a user runs them, on the real server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useExamples } from './support/example.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { newUser } from './support/user.mjs';

const server = useLocalServer();
const startExample = useExamples(server);

async function signIn(page, name) {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('plain-html: signs in, lists sessions, ends another one, and signs out', async () => {
  const ada = await newUser({ ...server, url: await startExample('plain-html') });
  const page = await ada.open();
  await signIn(page, 'ada');
  await page.getByText('Signed in as ada.').waitFor();
  await page.getByText('(this device)').waitFor();
  const other = await server.login('ada');
  await page.reload();
  await page.locator('li').getByRole('button', { name: 'Sign out' }).click();
  await page.locator('li').nth(1).waitFor({ state: 'detached' });
  const refused = await server.post('/api/auth/refresh', { refresh_token: other.refresh_token });
  assert.deepEqual([refused.code, refused.reason], ['session_ended', 'signed_out']);
  const cookies = await ada.context.cookies();
  assert.ok(cookies.some(({ name, httpOnly }) => name.endsWith('_refresh') && httpOnly));
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('Not signed in.').waitFor();
  assert.deepEqual(ada.consoleLines.filter((line) => /error/i.test(line)), []);
  await ada.context.close();
});

test('header-mode: signs in across origins without cookies, and survives a reload', async () => {
  const bea = await newUser({ ...server, url: await startExample('header-mode') });
  const page = await bea.open();
  await signIn(page, 'bea');
  await page.getByText('Signed in.').waitFor();
  await page.getByRole('button', { name: 'Call the API' }).click();
  await page.locator('pre', { hasText: '"user_id": "bea"' }).waitFor();
  assert.deepEqual(await bea.context.cookies(), []);
  await page.reload();
  await page.getByText('Signed in.').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('Not signed in.').waitFor();
  assert.deepEqual(bea.consoleLines.filter((line) => /error/i.test(line)), []);
  await bea.context.close();
});
