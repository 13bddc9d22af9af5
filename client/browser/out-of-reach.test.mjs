// A script on the page cannot read a token.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLocalServer } from './support/local-server.mjs';
import { newUser, signIn } from './support/user.mjs';

const server = useLocalServer();

test('no script can read a token', async () => {
  const joe = await newUser(server);
  const page = await joe.open();
  await signIn(page, 'joe');
  const tokens = (await joe.context.cookies()).map((cookie) => cookie.value);
  assert.ok(tokens.length >= 2);
  const readable = await page.evaluate(() =>
    [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.documentElement.outerHTML].join('\n'));
  for (const token of tokens) assert.ok(![readable, ...joe.consoleLines].join('\n').includes(token));
  assert.ok(!readable.includes('eyJ'));
  await joe.context.close();
});
