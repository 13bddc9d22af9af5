// Chromium with Device Bound Session Credentials, and a server over https that it trusts.
//
// Chromium binds sessions on https only, and with keys in software only behind two flags. The server is a site of its own,
// `app.localhost`, because Chromium gives `localhost` exceptions.
import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { spawnLocalServer } from './local-server.mjs';
import { launchProfile, newProfile } from './profile.mjs';

const FEATURES = 'DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting';
const HOST = 'app.localhost';

/** A server over https from the first test of a file to the last, and a home directory in which browsers trust it. */
export function useTlsServer(settings = {}) {
  const server = {};
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
  before(async () => {
    const data = join(folder, 'data');
    const { url, log, stop } = await spawnLocalServer(['--tls', '--data', data], settings);
    server.stop = stop;
    const { port } = new URL(url);
    const certificate = join(data, 'ca.pem');
    log.setMaxListeners(0);
    const ca = readFileSync(certificate);
    Object.assign(server, { url: `https://${HOST}:${port}`, host: HOST, data, ca, log });
    Object.assign(server, { home: trust(join(folder, 'home'), certificate), ...requests(port, ca) });
  });
  after(() => {
    server.stop?.();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return server;
}

/** Makes Chromium with this home directory trust the certificate. */
function trust(home, certificate) {
  const store = join(home, '.pki/nssdb');
  mkdirSync(store, { recursive: true });
  const certutil = (...args) => execFileSync('certutil', ['-d', `sql:${store}`, ...args]);
  certutil('-N', '--empty-password');
  certutil('-A', '-t', 'C,,', '-n', 'latchkey', '-i', certificate);
  return home;
}

/** Requests without a browser. `fetch` of Node cannot be given a certificate. */
function requests(port, ca) {
  const request = (method, path, { body, headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const all = { host: `${HOST}:${port}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers };
      const sent = https.request({ host: '127.0.0.1', port, servername: HOST, ca, method, path, headers: all }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('end', () => {
          const json = text.startsWith('{') ? JSON.parse(text) : undefined;
          resolve({ status: response.statusCode, headers: response.headers, json });
        });
      });
      sent.on('error', reject).end(body ? JSON.stringify(body) : undefined);
    });
  const post = async (path, body) => (await request('POST', path, { body })).json;
  return {
    request,
    post,
    advance: (seconds) => post('/dev/clock', { advance_seconds: seconds }),
    fault: (operation, kind, count) => post('/dev/fault', { operation, kind, count }),
  };
}

/** A browser with a profile, for `quit` and another launch with the same profile. `open` opens a tab, also behind a gate. */
export async function launchBoundBrowser({ home, url }, profile = newProfile()) {
  const browser = await launchProfile({ ...profile, home, more: [`--enable-features=${FEATURES}`] });
  let ended;
  return { ...browser, profile, open: (at = url) => openPage(browser.context, at), quit: () => (ended ??= browser.quit()) };
}

/** A tab on a page of the site that has no script of its own. */
async function openPage(context, url) {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const bindings = new EventEmitter();
  devtools.on('Network.deviceBoundSessionEventOccurred', (event) => {
    if (event.succeeded && event.creationEventDetails) bindings.emit('bound');
  });
  await devtools.send('Network.enable');
  await devtools.send('Network.enableDeviceBoundSessions', { enable: true });
  await page.goto(`${url}/favicon.ico`);
  const send = (method, path, body) => page.evaluate(fetchIn, { method, path, body });
  return {
    page,
    /** Resolves when the browser has bound a session from now on. */
    nextBinding: () => once(bindings, 'bound'),
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    /** Both cookies, as the browser sends them. */
    async cookies() {
      const all = await context.cookies();
      const line = (end) => all.filter(({ name }) => name.endsWith(end)).map(({ name, value }) => `${name}=${value}`).join('; ');
      return { access: line('_access'), refresh: line('_refresh') };
    },
  };
}

/** Runs in the page. */
async function fetchIn({ method, path, body }) {
  const headers = body ? { 'content-type': 'application/json' } : {};
  if (window.proofOf && method === 'POST') headers.dpop = await window.proofOf(path);
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  const json = text.startsWith('{') ? JSON.parse(text) : undefined;
  return { status: response.status, offer: response.headers.get('secure-session-registration'), text, json };
}

/** A function that declares a test, which runs in a browser of its own. */
export function storiesOn(server) {
  return (name, run) =>
    test(name, { timeout: 60_000 }, async (t) => {
      const browser = await launchBoundBrowser(server);
      try {
        await run(browser, t);
      } finally {
        await browser.quit();
      }
    });
}
