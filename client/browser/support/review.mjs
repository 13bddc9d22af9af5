// The page "Was this you?" on the real server: a link, and what a user sees and does.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findBrowser } from './browsers.mjs';
import { startLocalServer } from './local-server.mjs';
import { click, inPage, save, see, textOf, until } from './steps.mjs';

const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0' };
const CHROME = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36' };

/** Signs a user in twice, the second time from a new device. Returns the link about it, and the new session's tokens. */
export async function newSignIn(server, user, headers = FIREFOX) {
  await server.login(user, CHROME);
  const stolen = await server.login(user, headers);
  const { review_url: link } = await server.post('/dev/review-link', { user_id: user });
  return { link, stolen };
}

/** Whether the session of these tokens has ended. */
export async function hasEnded(server, { refresh_token: token }) {
  const response = await fetch(`${server.url}/api/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...FIREFOX },
    body: JSON.stringify({ refresh_token: token }),
  });
  return response.status === 401;
}

/** Waits for a text of the next document. While the browser changes to it, the old one cannot be asked. */
const arrive = (tab, text) => until(`"${text}" was not found`, async () => (await textOf(tab).catch(() => '')).includes(text));

/** The stories of the page in one browser. */
export function testReview(name) {
  const { launch, missing } = findBrowser(name);
  describe(`"Was this you?" in ${name}`, { skip: missing ?? false }, () => {
    let server, browser;
    before(async () => {
      server = await startLocalServer({ PASSWORD_CHANGE_URL: 'https://id.example.com/password' });
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      server?.stop();
    });

    /** Opens a link in a browser that has no cookies. */
    async function open(t, link) {
      const user = await browser.newUser();
      t.after(() => user.close());
      const tab = await user.newTab();
      await tab.visit(link);
      return tab;
    }

    test('a stranger is signed out without a sign-in by the user', async (t) => {
      const { link, stolen } = await newSignIn(server, 'ada');
      const tab = await open(t, link);
      await see(tab, 'Was this you?');
      await see(tab, 'Firefox on Linux');
      await save(tab, `review-${name}`);
      await click(tab, "It wasn't me");
      await arrive(tab, 'The device is signed out');
      await see(tab, 'Change password');
      await save(tab, `review-reported-${name}`);
      assert.ok(!(await inPage(tab, () => location.href)).includes('token'), 'the token is in no later URL');
      assert.ok(await hasEnded(server, stolen));
    });

    test('"It was me" keeps the session, and the other answer stays possible', async (t) => {
      const { link, stolen } = await newSignIn(server, 'bea');
      const tab = await open(t, link);
      await click(tab, 'It was me');
      await arrive(tab, 'Thank you');
      await save(tab, `review-confirmed-${name}`);
      await click(tab, "It wasn't me");
      await arrive(tab, 'The device is signed out');
      assert.ok(await hasEnded(server, stolen));
    });

    test('the page has its style, fits a narrow screen, and an old link has a reason', async (t) => {
      const { link } = await newSignIn(server, 'cem', { 'user-agent': `${'W'.repeat(480)}/1.0` });
      const tab = await open(t, link);
      await tab.resize(320, 700);
      // The window of WebKitGTK is wider than that.
      const [wide, room, weight] = await inPage(tab, () => [
        document.documentElement.scrollWidth, innerWidth, getComputedStyle(document.querySelector('button')).fontWeight,
      ]);
      assert.ok(wide <= room, `${wide} px in ${room} px`);
      assert.equal(weight, '600', 'the policy allows the style');
      await save(tab, `review-narrow-${name}`);
      await tab.visit(link.slice(0, -1));
      await see(tab, "This link doesn't work");
      assert.ok(!(await textOf(tab)).includes("It wasn't me"));
    });
  });
}
