// An app on another port than the API, without a proxy, as in the first hour with Vite, Next.js or plain HTML.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLocalServer, useLocalServer } from './support/local-server.mjs';
import { signInOn, signOutOn, status, useOwnPages } from './support/own-page.mjs';
import { newUser } from './support/user.mjs';

const server = useLocalServer();
const { pageOf } = useOwnPages();
const other = {};

before(async () => Object.assign(other, await startLocalServer()));
after(() => other.stop?.());

/** The API under the host name of the page: browsers send cookies between ports, but not between host names. */
const apiOf = ({ url }) => `${url.replace('127.0.0.1', 'localhost')}/api/auth`;

test('a page on another port signs in, reloads, refreshes and signs out', async () => {
  const url = `http://localhost:${await pageOf(() => apiOf(server))}`;
  const ada = await newUser({ ...server, url });
  const page = await ada.open();
  await status(page, 'signed-out');
  await signInOn(page, 'ada');
  const list = () => page.evaluate(async (api) => (await globalThis.authenticatedFetch(`${api}/sessions`, { credentials: 'include' })).json(), apiOf(server));
  assert.equal((await list()).sessions.length, 1);
  await page.reload();
  await status(page, 'signed-in');
  await server.post('/dev/clock', { advance_seconds: 3_700 });
  assert.equal((await list()).sessions.length, 1, 'the client refreshes across origins');
  await signOutOn(page);
  assert.deepEqual(await ada.context.cookies(), []);
  assert.deepEqual(ada.consoleLines.filter((line) => /cors|blocked/i.test(line)), []);
  await ada.context.close();
});

test('two projects on one machine do not sign each other out', async () => {
  const urls = [];
  for (const api of [server, other]) urls.push(`http://localhost:${await pageOf(() => apiOf(api))}`);
  const user = await newUser({ ...server, url: urls[0] });
  const shop = await user.open();
  const blog = await user.context.newPage();
  await blog.goto(urls[1]);
  await signInOn(shop, 'alice');
  await signInOn(blog, 'bob');
  assert.equal((await user.context.cookies()).length, 4);
  for (const page of [shop, blog]) {
    await page.reload();
    await status(page, 'signed-in');
  }
  await signOutOn(shop);
  await blog.reload();
  await status(blog, 'signed-in');
  await user.context.close();
});
