// Two projects on one machine, whose apps have other ports than their APIs. support/stories.mjs has the story of one app.
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
