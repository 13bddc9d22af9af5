// Serves a page of an app on a port of its own, with a build of the package: an app that no proxy puts on the API's origin.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('../..', import.meta.url));

const page = (baseUrl) => `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>An app</title>
<label>Your name <input></label><button id="in">Sign in</button><button id="out">Sign out</button><p id="status"></p>
<script type="module">
  import { createLatchkey, fetchOf } from '/latchkey/core/index.js';
  const baseUrl = ${JSON.stringify(baseUrl)};
  const latchkey = createLatchkey({ baseUrl });
  Object.assign(window, { latchkey, authenticatedFetch: fetchOf(latchkey) });
  const element = (selector) => document.querySelector(selector);
  latchkey.subscribe(() => {
    const { status, error } = latchkey.getState();
    element('#status').textContent = error?.message ?? status;
  });
  element('#in').onclick = async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ sub: element('input').value });
    const response = await fetch(new URL('/dev/assertion', baseUrl), { method: 'POST', headers, body });
    await latchkey.signIn((await response.json()).assertion);
  };
  element('#out').onclick = () => latchkey.signOut();
</script></html>`;

/** Builds the package for the tests of one file, in a folder in which Node finds its dependencies. `pageOf` serves an app. */
export function useOwnPages() {
  const dist = mkdtempSync(join(client, 'node_modules/.latchkey-dist-'));
  const servers = [];
  before(() => {
    execFileSync(process.execPath, [join(client, 'node_modules/typescript/bin/tsc'), '-p', join(client, 'tsconfig.build.json'), '--noCheck', '--outDir', dist]);
  });
  after(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(dist, { recursive: true, force: true });
  });

  async function listen(handler) {
    const server = createServer(handler);
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server.address().port;
  }

  return {
    dist,
    /** The port of an app. `baseUrl` is a function, because the API may start later. */
    pageOf: (baseUrl, backend = (_, outgoing) => outgoing.writeHead(404).end()) =>
      listen((incoming, outgoing) => {
        const { pathname } = new URL(incoming.url, 'http://localhost');
        if (pathname === '/') return outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(baseUrl()));
        if (!/^\/latchkey\/[\w/.-]+\.js$/.test(pathname)) return backend(incoming, outgoing);
        outgoing.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(join(dist, pathname.slice('/latchkey/'.length))));
      }),
    /** A port that forwards to the local server, under host names that it does not accept itself. */
    forwardTo: (server) =>
      listen((incoming, outgoing) => {
        const { method, headers, url } = incoming;
        const target = new URL(server().url);
        const forwarded = request(target.href + url.slice(1), { method, headers: { ...headers, host: target.host } }, (response) => {
          outgoing.writeHead(response.statusCode, response.headers);
          response.pipe(outgoing);
        });
        forwarded.on('error', () => outgoing.destroy());
        incoming.pipe(forwarded);
      }),
  };
}

export async function signInOn(page, name) {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await status(page, 'signed-in');
}

/** Signs in with an assertion, for pages that may not use the dev controls. */
export async function signInWith(page, assertion) {
  await page.evaluate((assertion) => globalThis.latchkey.signIn(assertion), assertion);
  await status(page, 'signed-in');
}

/** Signs out, and waits for the response: the page does not. */
export async function signOutOn(page) {
  const response = page.waitForResponse((response) => response.url().endsWith('/revoke') && response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await status(page, 'signed-out');
  return (await response).finished();
}

export const status = (page, text) => page.locator('#status', { hasText: text }).waitFor();
