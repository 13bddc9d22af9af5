// A tab that is closed during a refresh: the browser keeps the new cookies, and the next visit is no theft.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expire, moveClock, revisit } from './support/clocks.mjs';
import { delayingProxy } from './support/delaying-proxy.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { newUser, signIn } from './support/user.mjs';

const server = useLocalServer();

test('a tab closed during a refresh leaves the user signed in', async () => {
  const proxy = await delayingProxy(server.url, '/api/auth/refresh');
  const kim = await newUser({ browser: server.browser, url: proxy.url });
  const page = await kim.open();
  await signIn(page, 'kim');
  const refreshOf = async () => (await kim.context.cookies()).find(({ name }) => name.endsWith('refresh'))?.value;
  const before = await refreshOf();
  await expire(server);
  await moveClock(page);
  await revisit(page);
  await proxy.held;
  // The user closes the tab while the response is on its way. Another tab keeps the browser open.
  const other = await kim.context.newPage();
  await page.close();
  proxy.release();
  for (let tries = 0; tries < 50 && (await refreshOf()) === before; tries++) await other.waitForTimeout(100);
  assert.notEqual(await refreshOf(), before, 'the cookie of the closed tab');
  // More than the grace period later the older token would end the session as stolen.
  await server.post('/dev/clock', { advance_seconds: 120 });
  await other.goto(proxy.url);
  await other.getByText('This device', { exact: true }).waitFor();
  await kim.context.close();
  proxy.close();
});
