// Header mode: a browser that is killed during a refresh, or before its storage has reached the disk, comes back signed in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expire } from './support/clocks.mjs';
import { useExamples } from './support/example.mjs';
import { gate } from './support/gate.mjs';
import { stopAtResponse, stopBeforeRequest } from './support/interruptions.mjs';
import { useLocalServer } from './support/local-server.mjs';
import { launchProfile, newProfile } from './support/profile.mjs';
import { until } from './support/steps.mjs';

// Without the late retry the server accepts an older token only with a key as evidence.
const server = useLocalServer({}, { REFRESH_LATE_RETRY: '0' });
let api;
before(async () => {
  api = await gate(server, '/api/auth/refresh');
});
after(() => api?.close());
const startExample = useExamples({
  get url() {
    return api.url;
  },
});

/**
 * Opens the page of the example, whose tokens are in `localStorage` here, so that they outlive the browser. `storedAtStart` has
 * the ones that were there before the page ran.
 */
async function open({ context }, url, prepare = () => {}) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    globalThis.storedAtStart = Object.entries(localStorage).find(([name]) => name.startsWith('latchkey:'))?.[1];
    Object.defineProperty(globalThis, 'sessionStorage', { get: () => globalThis.localStorage });
  });
  await page.addInitScript(prepare);
  await page.goto(url);
  return page;
}

const storedTokens = (page) => page.evaluate(() => Object.entries(localStorage).find(([name]) => name.startsWith('latchkey:'))?.[1]);
const STEPS = {
  async 'the record was written'(browser, url) {
    const { stopped } = await stopBeforeRequest(browser.context);
    await open(browser, url);
    await stopped;
  },
  async 'the request was sent'(browser, url) {
    api.hold('request');
    await open(browser, url);
    await api.held();
  },
  async 'the response was held back'(browser, url) {
    api.hold('response');
    await open(browser, url);
    await api.held();
  },
  async 'the response was received'(browser, url) {
    const page = await open(browser, url, stopAtResponse);
    await page.waitForFunction(() => globalThis.hasResponse);
  },
  async 'the tokens were stored'(browser, url, older) {
    const page = await open(browser, url);
    await until('no new tokens are stored', async () => (await storedTokens(page)) !== older);
  },
};

for (const [step, reach] of Object.entries(STEPS)) {
  test(`a browser that is killed when ${step}`, async () => {
    const url = await startExample('header-mode');
    const profile = newProfile();
    let browser = await launchProfile(profile);
    const first = await open(browser, url);
    await first.getByLabel('Your name').fill('hana');
    await first.getByRole('button', { name: 'Sign in' }).click();
    await first.getByText('Signed in.', { exact: true }).waitFor();
    const older = await storedTokens(first);
    assert.ok(older);
    await browser.quit();
    await expire(server);
    browser = await launchProfile(profile);
    await reach(browser, url, older);
    await browser.kill();
    api.drop();
    await server.post('/dev/clock', { advance_seconds: 120 });
    browser = await launchProfile(profile);
    const next = await open(browser, url);
    assert.equal(await next.evaluate(() => globalThis.storedAtStart), older, 'the new tokens did not reach the disk');
    await next.getByText('Signed in.', { exact: true }).waitFor();
    await next.getByRole('button', { name: 'Call the API' }).click();
    await next.locator('pre', { hasText: '"user_id": "hana"' }).waitFor();
  });
}
