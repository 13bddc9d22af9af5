// Mistakes of an app: listeners and callbacks that throw, and locales in a form that browsers refuse.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { useLocalServer } from './support/local-server.mjs';
import { newUser } from './support/user.mjs';

const server = useLocalServer();

const HTML = '<!doctype html><html lang="en"><title>App</title><body><script type="module" src="/app.js"></script></body></html>';
/** The app of these tests, on the origin of the server. */
const APP = `
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { createLatchkey, LatchkeyProvider, SessionMonitoring } from '@latchkey/react';

const fail = () => {
  throw new Error('a mistake of the app');
};
const latchkey = createLatchkey({ onError: fail });
latchkey.subscribe(fail);
globalThis.statuses = [];
latchkey.subscribe(() => void globalThis.statuses.push(latchkey.getState().status));
globalThis.signIn = async (sub) => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch('/dev/assertion', { method: 'POST', headers, body: JSON.stringify({ sub }) });
  await latchkey.signIn((await response.json()).assertion);
};
const locale = new URLSearchParams(location.search).get('locale') ?? undefined;
const page = createElement(SessionMonitoring, { locale, onSignedOut: fail });
createRoot(document.body.appendChild(document.createElement('main'))).render(createElement(LatchkeyProvider, { client: latchkey }, page));
`;

let script;

before(async () => {
  const entry = { '@latchkey/react': fileURLToPath(new URL('../src/index.ts', import.meta.url)), 'the-app': '\0the-app' };
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('..', import.meta.url)),
    publicDir: false,
    plugins: [{ name: 'app', enforce: 'pre', resolveId: (id) => entry[id] ?? null, load: (id) => (id === '\0the-app' ? APP : null) }],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, target: 'es2022', modulePreload: false, rolldownOptions: { input: 'the-app', output: { codeSplitting: false } } },
  });
  script = output[0].code;
});

/** A user whose pages run the app, in a browser of their own. */
async function userOfTheApp(query = '') {
  const user = await newUser({ ...server, url: `${server.url}/app${query}` });
  const at = (path) => (url) => url.pathname === path;
  await user.context.route(at('/app'), (route) => route.fulfill({ contentType: 'text/html', body: HTML }));
  await user.context.route(at('/app.js'), (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
  return user;
}

const thisDevice = (page) => page.getByText('This device', { exact: true });

test('a listener that throws neither fails a sign-in nor starves other listeners and tabs', async () => {
  const vera = await userOfTheApp();
  const [page, tab] = [await vera.open(), await vera.open()];
  await page.bringToFront();
  await page.evaluate(() => globalThis.signIn('vera'));
  await thisDevice(page).waitFor();
  await thisDevice(tab).waitFor();
  for (const each of [page, tab]) assert.equal(await each.evaluate(() => globalThis.statuses.at(-1)), 'signed-in');
  const logged = vera.consoleLines.filter((line) => line.includes('a mistake of the app'));
  assert.ok(logged.length > 0, 'the mistakes are logged');
  await vera.context.close();
});

test('an onSignedOut that throws leaves the page and the other tabs as they are', async () => {
  const wim = await userOfTheApp();
  const [page, tab] = [await wim.open(), await wim.open()];
  await page.bringToFront();
  await page.evaluate(() => globalThis.signIn('wim'));
  await thisDevice(tab).waitFor();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('button', { name: 'Sign out everywhere' }).last().click();
  for (const each of [page, tab]) {
    await each.locator('.latchkey-ended').first().waitFor();
    assert.equal(await each.evaluate(() => globalThis.statuses.at(-1)), 'signed-out');
  }
  await wim.context.close();
});

for (const locale of ['en_US', 'en_US.UTF-8', 'C', 'POSIX', 'not a locale', '_']) {
  test(`the locale ${locale} shows the page`, async () => {
    const xena = await userOfTheApp(`?locale=${encodeURIComponent(locale)}`);
    const page = await xena.open();
    await page.evaluate((sub) => globalThis.signIn(sub), `xena ${locale}`);
    await thisDevice(page).waitFor();
    await page.locator('.latchkey-events').getByText('Signed in').first().waitFor();
    assert.deepEqual(xena.consoleLines.filter((line) => line.includes('RangeError')), []);
    await xena.context.close();
  });
}
