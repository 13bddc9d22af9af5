// What a person sees, in a real browser against the real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { findings, launch, person, serve, shots, signIn } from './laptop.mjs';

let laptop, browser;
before(async () => {
  laptop = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  laptop?.stop();
});

/** No finding in light and dark, nothing wider than the narrowest screen; a picture of it. */
async function sound(page, name) {
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await findings(page), [], `${name}, ${colorScheme}`);
  }
  await page.setViewportSize({ width: 320, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${name} is ${wide} px wide`);
  await page.screenshot({ path: join(shots, `${name}-narrow.png`), fullPage: true });
  await page.setViewportSize({ width: 1000, height: 800 });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

/** A notice or an end; the same words are also read out. */
const told = (page, text) => page.locator('.latchkey-notice, .latchkey-ended', { hasText: text });

const counted = (context, method) => {
  const times = [];
  context.on('request', (request) => {
    if (request.method() === method && request.url().endsWith('/api/auth/refresh')) times.push(Date.now());
  });
  return times;
};
const expire = () => laptop.post('/dev/clock', { advance_seconds: 3700 });
/** The page believes that its token is over. */
const jump = (page) =>
  page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3_700_000;
    document.dispatchEvent(new Event('visibilitychange'));
  });

test('ten tabs that wake together stay signed in on one successor', async () => {
  const alice = await person(browser, laptop);
  const first = await alice.open();
  await signIn(first, 'ten-tabs');
  const tabs = [first];
  for (let n = 1; n < 10; n++) tabs.push(await alice.open());
  for (const tab of tabs) await tab.getByText('This device').waitFor();
  const refreshes = counted(alice.context, 'POST');
  await expire();
  // A device's clock moves for all tabs at once; only then does any of them look at it.
  await Promise.all(tabs.map((tab) => tab.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3_700_000;
  })));
  await Promise.all(tabs.map((tab) => tab.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))));
  await first.waitForTimeout(3_000);
  const sent = await first.evaluate(() => fetch('/api/auth/refresh').then((response) => response.json()));
  assert.equal(sent.state, 'active');
  assert.ok(refreshes.length >= 1 && refreshes.length <= 10, `${refreshes.length} refreshes`);
  for (const tab of tabs) assert.match(await tab.locator('main').innerText(), /This device/);
  await alice.context.close();
});

test('a sign-out in one tab reaches the other without a request of it', async () => {
  const bob = await person(browser, laptop);
  const one = await bob.open();
  await signIn(one, 'bob');
  const two = await bob.open();
  await two.getByText('This device').waitFor();
  await two.route('**/api/**', (route) => route.abort());
  await one.getByRole('button', { name: 'Sign out everywhere' }).click();
  await one.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await told(two, 'You signed out.').waitFor();
  await sound(one, 'signed-out');
  await bob.context.close();
});

test('another browser appears within ten seconds, and is signed out from here within ten', async () => {
  const [here, there] = [await person(browser, laptop), await person(browser, laptop, { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' })];
  const [mine, other] = [await here.open(), await there.open()];
  await signIn(mine, 'carol');
  await mine.getByText('You are signed in only here.').waitFor();
  await sound(mine, 'only-here');
  await signIn(other, 'carol');
  const row = mine.locator('.latchkey-row').nth(1);
  await row.waitFor({ timeout: 11_000 });
  await sound(mine, 'two');
  await row.getByRole('button').focus();
  await mine.keyboard.press('Enter');
  await sound(mine, 'asking');
  await row.getByRole('button', { name: 'Sign out', exact: true }).press('Enter');
  await told(other, 'You were signed out from another device.').waitFor({ timeout: 11_000 }).catch(async () => {
    assert.fail(`the other browser shows: ${await other.locator('main').innerText()}`);
  });
  await here.context.close();
  await there.context.close();
});

test('a refresh whose reply is lost is tried again, and the page goes on', async () => {
  const dora = await person(browser, laptop);
  const page = await dora.open();
  await signIn(page, 'dora');
  let lost = 0;
  await page.route('**/api/auth/refresh', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.fallback();
    await route.fetch();
    await route.abort();
  });
  await expire();
  const again = page.waitForResponse((response) => response.url().endsWith('/refresh') && response.request().method() === 'POST');
  await jump(page);
  assert.equal((await again).status(), 200);
  assert.ok(await page.getByText('This device').isVisible());
  await dora.context.close();
});

test('a server that is down is told in words, keeps the page, and comes back by itself', async () => {
  const eve = await person(browser, laptop);
  const page = await eve.open();
  await signIn(page, 'eve');
  const down = (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', headers: { 'retry-after': '3' }, body: '{"code":"store_unavailable"}' });
  await page.route('**/api/**', down);
  await told(page, 'We could not reach the server.').waitFor({ timeout: 12_000 });
  assert.ok(await page.getByText('This device').isVisible());
  await sound(page, 'down');
  await page.unroute('**/api/**', down);
  await told(page, 'We could not reach the server.').waitFor({ state: 'detached', timeout: 12_000 });
  await eve.context.close();
});

test('too many requests: none before Retry-After is over', async () => {
  const fay = await person(browser, laptop);
  const page = await fay.open();
  await signIn(page, 'fay');
  const times = [];
  await page.route('**/api/auth/sessions*', (route) => {
    times.push(Date.now());
    return route.fulfill({ status: 429, contentType: 'application/problem+json', headers: { 'retry-after': '120' }, body: '{"code":"rate_limited"}' });
  });
  await told(page, 'Too many requests.').waitFor({ timeout: 12_000 });
  await sound(page, 'limited');
  const asked = times.length;
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.waitForTimeout(11_000);
  assert.equal(times.length, asked);
  await fay.context.close();
});

test('a captive portal is told in words and asked at most three times in ten seconds', async () => {
  const gil = await person(browser, laptop);
  const page = await gil.open();
  await signIn(page, 'gil');
  const times = [];
  await page.route('**/api/**', (route) => {
    times.push(Date.now());
    return route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Welcome to the hotel</h1>' });
  });
  await told(page, 'Something between you and us answered').waitFor({ timeout: 12_000 });
  await page.waitForTimeout(10_000 - (Date.now() - times[0]));
  assert.ok(times.length <= 3, `${times.length} requests`);
  await sound(page, 'portal');
  await gil.context.close();
});

test('a stolen token ends the session, and its owner is told in words', async () => {
  const ida = await person(browser, laptop);
  const page = await ida.open();
  await signIn(page, 'ida');
  // The thief copies the cookie; the owner refreshes twice; the thief comes.
  const stolen = (await ida.context.cookies()).find((cookie) => cookie.name.endsWith('refresh'));
  for (let n = 0; n < 2; n++) {
    await expire();
    const refreshed = page.waitForResponse((response) => response.url().endsWith('/refresh') && response.request().method() === 'POST');
    await page.evaluate((n) => {
      const now = Date.now;
      Date.now = () => now() + 3_700_000 * (n + 1);
      document.dispatchEvent(new Event('visibilitychange'));
    }, n);
    await refreshed;
  }
  const thief = await laptop.post('/api/auth/refresh', { refresh_token: stolen.value });
  assert.equal(thief.reason, 'security');
  await told(page, 'its sign-in was used in two places').waitFor({ timeout: 12_000 });
  await sound(page, 'stolen');
  await ida.context.close();
});

test('no token is ever where a script can read it', async () => {
  const joe = await person(browser, laptop);
  const page = await joe.open();
  await signIn(page, 'joe');
  const tokens = (await joe.context.cookies()).map((cookie) => cookie.value);
  assert.ok(tokens.length >= 2);
  const readable = await page.evaluate(() =>
    [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.documentElement.outerHTML].join('\n'));
  for (const token of tokens) assert.ok(![readable, ...joe.said].join('\n').includes(token));
  assert.ok(!readable.includes('eyJ'));
  await joe.context.close();
});

test('blocked cookies are one clear sentence', async () => {
  const kim = await person(browser, laptop);
  const page = await kim.open();
  await page.route('**/api/auth/login', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    delete headers['set-cookie'];
    await kim.context.clearCookies();
    await route.fulfill({ response, headers });
    await kim.context.clearCookies();
  });
  await page.getByLabel('Your name').fill('kim');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('does not keep our cookies').waitFor({ timeout: 8_000 }).catch(async () => {
    assert.fail(`the page shows: ${await page.locator('main').innerText()}`);
  });
  await sound(page, 'cookies');
  await kim.context.close();
});
