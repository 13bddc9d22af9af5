// The main stories of the account page, with the cookies that a browser really keeps. Each browser has a test file that
// calls `testStories`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findBrowser } from './browsers.mjs';
import { expire } from './clocks.mjs';
import { gate } from './gate.mjs';
import { grantedCookies } from './granted-cookies.mjs';
import { startLocalServer } from './local-server.mjs';
import { useOwnPages } from './own-page.mjs';
import { click, inPage, moveClock, save, see, seeNoMore, signIn, textOf, trySignIn, until } from './steps.mjs';

const HOUR = 3_700_000;
const EIGHT_DAYS = 8 * 86_400_000;

/** A story that hangs fails after this time. */
const timeout = 120_000;

export function testStories(name) {
  const { launch, missing } = findBrowser(name);

  describe(name, { skip: missing }, () => {
    let server, granted, browser;
    const { pageOf } = useOwnPages();
    before(async () => {
      server = await startLocalServer();
      granted = await grantedCookies(server);
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      server?.stop();
    });

    /** A user with cookies of their own. `open` opens the page in a new tab, `cookie` reads the jar of the browser. */
    async function newUser(t, url = server.url) {
      const user = await browser.newUser();
      t.after(user.close);
      const open = async () => {
        const tab = await user.newTab();
        await tab.visit(url);
        return tab;
      };
      // The name has the port of the server.
      const cookie = async (kind) => (await user.cookies()).find(({ name }) => name.endsWith(`_${kind}`));
      // The page shows a sign-out before the server's answer arrives.
      const seeNoCookies = () => until('the browser keeps cookies', async () => (await user.cookies()).length === 0);
      return { ...user, open, cookie, seeNoCookies };
    }

    /** Lets the access token expire, and waits until the browser has the cookies of the refresh. */
    async function refresh(user, tab, of = server) {
      const before = (await user.cookie('refresh')).value;
      await expire(of);
      await moveClock(tab, HOUR);
      await until('the browser has no new refresh cookie', async () => (await user.cookie('refresh')).value !== before);
    }

    test('the browser keeps both cookies of a sign-in as the server set them', { timeout }, async (t) => {
      const ada = await newUser(t);
      const tab = await ada.open();
      await signIn(tab, 'ada');
      for (const kind of ['access', 'refresh']) {
        const { value, expiry, sameSite, httpOnly, secure, path, domain } = await ada.cookie(kind);
        assert.ok(value.length > 0);
        const kept = { httpOnly, secure, path, domain, sameSite: sameSite.toLowerCase() };
        assert.deepEqual(kept, { ...granted[kind].attributes, domain: new URL(server.url).hostname }, kind);
        const lifetime = expiry - Date.now() / 1_000;
        assert.ok(Math.abs(lifetime - granted[kind].maxAge) < 60, `${kind}: ${lifetime} s`);
      }
      assert.equal((await ada.cookies()).length, 2);
      assert.equal(await inPage(tab, () => document.cookie), '', 'a script reads no cookie');
      await save(tab, name);
    });

    test('a reload and a new tab stay signed in', { timeout }, async (t) => {
      const bea = await newUser(t);
      const tab = await bea.open();
      await signIn(tab, 'bea');
      const { value } = await bea.cookie('refresh');
      await tab.reload();
      await see(tab, 'This device');
      await see(await bea.open(), 'This device');
      assert.equal((await bea.cookie('refresh')).value, value, 'no refresh was needed');
    });

    test('another device appears in the list, and can be signed out from here', { timeout }, async (t) => {
      const [here, there] = [await newUser(t), await newUser(t)];
      const [mine, other] = [await here.open(), await there.open()];
      await signIn(mine, 'carol');
      await see(mine, "You're not signed in anywhere else.");
      await signIn(other, 'carol');
      await click(mine, /^Sign out of (?!all)/);
      await click(mine, 'Sign out');
      await see(mine, "You're not signed in anywhere else.");
      await see(other, 'You were signed out from another device.');
      await see(mine, 'Signed out by you');
    });

    test('a sign-out everywhere reaches the other tab and removes the cookies', { timeout }, async (t) => {
      const dan = await newUser(t);
      const [one, two] = [await dan.open(), await dan.open()];
      await signIn(one, 'dan');
      await see(two, 'This device');
      await click(one, 'Sign out everywhere');
      await see(one, 'Sign out everywhere?');
      await click(one, 'Sign out everywhere');
      for (const tab of [one, two]) await see(tab, "You've signed out.");
      await dan.seeNoCookies();
    });

    test('a refresh replaces the cookies, and the page goes on, also after a reload', { timeout }, async (t) => {
      const eve = await newUser(t);
      const tab = await eve.open();
      await signIn(tab, 'eve');
      const access = (await eve.cookie('access')).value;
      await refresh(eve, tab);
      assert.notEqual((await eve.cookie('access')).value, access);
      await see(tab, 'This device');
      await tab.reload();
      await see(tab, 'This device');
    });

    test('a tab that is closed during a refresh leaves the user signed in', { timeout }, async (t) => {
      const proxy = await gate(server, '/api/auth/refresh');
      proxy.hold('response');
      t.after(proxy.close);
      const fay = await newUser(t, proxy.url);
      const tab = await fay.open();
      await signIn(tab, 'fay');
      const before = (await fay.cookie('refresh')).value;
      const other = await fay.newTab();
      await other.visit(`${proxy.url}/api/auth/.well-known/jwks.json`);
      await expire(server);
      await moveClock(tab, HOUR);
      await proxy.held();
      await tab.close();
      // The browser drops the requests of a closed tab a moment later, except those with keepalive.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      proxy.release();
      await until('the browser has no new refresh cookie', async () => (await fay.cookie('refresh')).value !== before);
      // The grace period is over, so that the older token would end the session as stolen.
      await server.post('/dev/clock', { advance_seconds: 120 });
      await other.visit(proxy.url);
      await see(other, 'This device');
    });

    test('a copied cookie is refused at once, and the owner stays signed in', { timeout }, async (t) => {
      const pia = await newUser(t);
      const tab = await pia.open();
      await signIn(tab, 'pia');
      await see(tab, 'Bound to its browser');
      // The thief has both cookies of the owner, and the same kind of browser on the same network.
      const cookie = (await pia.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
      const headers = { cookie, 'user-agent': await inPage(tab, () => navigator.userAgent), 'sec-fetch-site': 'same-origin' };
      const refused = await server.post('/api/auth/refresh', {}, headers);
      assert.deepEqual([refused.code, refused.status], ['device_proof_required', 400]);
      await refresh(pia, tab);
      await tab.reload();
      await see(tab, 'This device');
      await see(tab, 'Copied sign-in rejected');
    });

    test('a stolen token of an unbound session ends it, and the page explains it', { timeout }, async (t) => {
      const unbound = await startLocalServer({ SESSION_BINDING: 'off' });
      t.after(unbound.stop);
      const gus = await newUser(t, unbound.url);
      const tab = await gus.open();
      await signIn(tab, 'gus');
      const stolen = (await gus.cookie('refresh')).value;
      await refresh(gus, tab, unbound);
      await refresh(gus, tab, unbound);
      const thief = await unbound.post('/api/auth/refresh', { refresh_token: stolen });
      assert.equal(thief.code, 'session_ended');
      await see(tab, 'We signed you out to protect your account');
      assert.equal((await textOf(tab)).includes('This device'), false);
      await signIn(tab, 'gus');
      await see(tab, 'Sign-in used in two places');
    });

    test('an expired session asks for a new sign-in', { timeout }, async (t) => {
      const hal = await newUser(t);
      const tab = await hal.open();
      await signIn(tab, 'hal');
      await expire(server, EIGHT_DAYS);
      await moveClock(tab, EIGHT_DAYS);
      await see(tab, 'Your session has expired. Please sign in again.');
      await hal.seeNoCookies();
      await signIn(tab, 'hal');
    });

    test('a page on another port signs in, reloads, refreshes and signs out', { timeout }, async (t) => {
      const api = `${server.url.replace('127.0.0.1', 'localhost')}/api/auth`;
      const jon = await newUser(t, `http://localhost:${await pageOf(() => api)}`);
      const tab = await jon.open();
      const list = () =>
        inPage(tab, async (api) => (await globalThis.authenticatedFetch(`${api}/sessions`, { credentials: 'include' })).json(), api);
      await trySignIn(tab, 'jon');
      await see(tab, 'signed-in');
      assert.equal((await list()).sessions.length, 1);
      await tab.reload();
      await see(tab, 'signed-in');
      const before = await jon.cookies();
      await expire(server);
      assert.equal((await list()).sessions.length, 1);
      assert.notDeepEqual(await jon.cookies(), before, 'the cookies of a refresh across origins');
      await click(tab, 'Sign out');
      await see(tab, 'signed-out');
      await jon.seeNoCookies();
    });

    test('a page from the history does not show a session that has ended', { timeout }, async (t) => {
      const ian = await newUser(t);
      const tab = await ian.open();
      await signIn(tab, 'ian');
      await tab.visit(`${server.url}/api/auth/.well-known/jwks.json`);
      const { access_token } = await server.login('ian');
      const headers = { authorization: `Bearer ${access_token}` };
      await fetch(`${server.url}/api/auth/sessions?scope=others`, { method: 'DELETE', headers });
      await tab.back();
      await see(tab, 'Your name');
      await seeNoMore(tab, 'This device');
    });
  });

  describe(`${name}, with COOKIE_SECURE=true on http`, { skip: missing }, () => {
    test(name === 'webkit' ? 'the browser refuses the cookies, and the page explains it' : 'the browser keeps the cookies', { timeout }, async (t) => {
      const server = await startLocalServer({ COOKIE_SECURE: 'true' });
      t.after(server.stop);
      const browser = await launch();
      t.after(browser.close);
      const user = await browser.newUser();
      const tab = await user.newTab();
      await tab.visit(server.url);
      if (name === 'webkit') {
        await trySignIn(tab, 'jo');
        await see(tab, 'COOKIE_SECURE=false');
        assert.deepEqual(await user.cookies(), []);
      } else {
        await signIn(tab, 'jo');
        const cookies = await user.cookies();
        assert.equal(cookies.length, 2);
        assert.ok(cookies.every((cookie) => cookie.secure && cookie.name.startsWith('__Host-')));
      }
    });
  });
}
