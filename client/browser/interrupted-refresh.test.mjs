// A refresh is interrupted at each of its steps, by closing the tab or by killing the browser: the next visit is signed in.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { expire } from './support/clocks.mjs';
import { gate } from './support/gate.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { stopAtResponse, stopBeforeRequest } from './support/interruptions.mjs';
import { launchProfile, newProfile } from './support/profile.mjs';
import { until } from './support/steps.mjs';
import { newUser, signIn, tabsOf, waitForNotice } from './support/user.mjs';

// Without the late retry the server accepts an older token only with a key as evidence.
const server = useLocalServer({}, { REFRESH_LATE_RETRY: '0' });
const REFRESH = '/api/auth/refresh';

let proxy;
before(async () => {
  proxy = await gate(server, REFRESH);
});
after(() => proxy?.close());

/** Opens the page, whose access token has expired, and resolves when its refresh has come to the step. */
const STEPS = {
  async 'the record was written'({ context, open }) {
    const { stopped } = await stopBeforeRequest(context);
    const page = await open();
    await stopped;
    return page;
  },
  async 'the request was sent'({ open }) {
    proxy.hold('request');
    const page = await open();
    await proxy.held();
    return page;
  },
  async 'the response was held back'({ open }) {
    proxy.hold('response');
    const page = await open();
    await proxy.held();
    return page;
  },
  async 'the response was received'({ open }) {
    const page = await open(stopAtResponse);
    await page.waitForFunction(() => globalThis.hasResponse);
    return page;
  },
  async 'the cookies and the record were set'({ open }) {
    const page = await open();
    await page.getByText('This device', { exact: true }).waitFor();
    await page.waitForFunction(storedState, 'done');
    return page;
  },
};

/** In the page: whether the stored record is `done`. The other value is the key of the browser. */
function storedState() {
  return new Promise((resolve) => {
    const opening = indexedDB.open('latchkey');
    opening.onsuccess = () => {
      const reading = opening.result.transaction('refresh-keys').objectStore('refresh-keys').getAll();
      reading.onsuccess = () => {
        opening.result.close();
        resolve(reading.result.some(({ doneAt }) => doneAt > 0));
      };
    };
  });
}

/** In the page: the answer to a `GET`. */
async function get(path) {
  const response = await fetch(`/api/auth${path}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

const currentSession = async (page) => (await page.evaluate(get, '/refresh')).session_id;
const events = async (page) => (await page.evaluate(get, '/sessions/events')).events.map((event) => event.event_type);
/** After a reload the page shows its list from before while the refresh is on its way. */
const refreshed = (page) => until('the token is not renewed', async () => (await page.evaluate(get, '/refresh')).state === 'active');
const refreshCookie = async ({ context }) => (await context.cookies()).find(({ name }) => name.endsWith('_refresh'))?.value;

/** The next visit, later than every grace period: the same session, and no theft. */
async function checkNextVisit(open, session) {
  proxy.drop();
  await server.post('/dev/clock', { advance_seconds: 120 });
  const page = await open();
  await page.getByText('This device', { exact: true }).waitFor();
  await refreshed(page);
  assert.equal(await currentSession(page), session);
  // And the visit after that.
  await expire(server);
  await page.reload();
  await page.getByText('This device', { exact: true }).waitFor();
  await refreshed(page);
  assert.equal(await currentSession(page), session);
  assert.ok(!(await events(page)).includes('token_reused'), 'no theft');
}

describe('a tab that is closed when', () => {
  for (const [step, reach] of Object.entries(STEPS)) {
    test(step, async () => {
      const user = await newUser({ browser: server.browser, url: proxy.url });
      const first = await user.open();
      await signIn(first, step.replaceAll(' ', '-'));
      const session = await currentSession(first);
      // Another tab keeps the browser open.
      await first.goto('about:blank');
      await expire(server);
      const page = await reach(user);
      await page.close();
      await user.context.unroute(`**${REFRESH}`);
      await checkNextVisit(user.open, session);
      await user.context.close();
    });
  }

  test('the cookies arrive without it', async () => {
    const user = await newUser({ browser: server.browser, url: proxy.url });
    const first = await user.open();
    await signIn(first, 'kim');
    const session = await currentSession(first);
    await first.goto('about:blank');
    const older = await refreshCookie(user);
    await expire(server);
    const page = await STEPS['the response was held back'](user);
    await page.close();
    proxy.release();
    await until('the cookie of the closed tab did not arrive', async () => (await refreshCookie(user)) !== older);
    await checkNextVisit(user.open, session);
    await user.context.close();
  });
});

/** The steps after which the browser has the new cookies, in memory only. */
const HAS_COOKIES = new Set([STEPS['the response was received'], STEPS['the cookies and the record were set']]);

/** Signs in, interrupts a refresh by killing the browser, and starts the browser again; `prepare` runs in all pages. */
async function killAt(reach, name, prepare) {
  const profile = newProfile();
  let browser = await launchProfile(profile);
  const pages = () => {
    const { context } = browser;
    const { open } = tabsOf(context, proxy.url);
    return { context, open: (more) => open(more ?? prepare) };
  };
  const first = await pages().open();
  await signIn(first, name);
  const session = await currentSession(first);
  const older = await refreshCookie(browser);
  await browser.quit();
  await expire(server);
  browser = await launchProfile(profile);
  await reach(pages());
  assert.equal((await refreshCookie(browser)) !== older, HAS_COOKIES.has(reach), 'whether the new cookie has arrived');
  await browser.kill();
  browser = await launchProfile(profile);
  assert.equal(await refreshCookie(browser), older, 'the new cookie was lost');
  return { session, open: pages().open };
}

describe('a browser that is killed when', () => {
  for (const [step, reach] of Object.entries(STEPS)) {
    test(step, async () => {
      const { session, open } = await killAt(reach, `killed-${step.replaceAll(' ', '-')}`);
      await checkNextVisit(open, session);
    });
  }

  test('it has no IndexedDB signs out, so that these tests can fail', async () => {
    const withoutIndexedDb = () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
    const { open } = await killAt(STEPS['the response was held back'], 'no-keys', withoutIndexedDb);
    proxy.drop();
    await server.post('/dev/clock', { advance_seconds: 120 });
    await waitForNotice(await open(), 'We signed you out to protect your account');
  });
});
