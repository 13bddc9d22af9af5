// Steps of the stories about device keys. Pages have no script of ours, so that the browser alone keeps the session.
import { until } from './steps.mjs';

/** Signs in with cookies. With `proof` the page has a DPoP key, and `refreshOf` proves it. */
export async function signIn(server, tab, sub, { proof = false } = {}) {
  const { assertion } = await server.post('/dev/assertion', { sub });
  if (proof) await tab.page.evaluate(makeProofs);
  const answer = await tab.post('/api/auth/login', { assertion });
  if (answer.status !== 201) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
  return answer;
}

/** Signs in, and waits until the browser has bound the session. The tab also has the `offer` that the browser accepted. */
export async function bind(server, browser, sub, { proof = false, url = server.url } = {}) {
  const tab = await browser.open(url);
  const requests = deviceRequests(server);
  const bound = tab.nextBinding();
  const { offer } = await signIn(server, tab, sub, { proof });
  await bound;
  await listSessions(tab);
  await requests.next('refresh', 200);
  await renewed(browser);
  return { ...tab, offer };
}

/**
 * Waits until the browser has the access cookie of a refresh. The server has logged the refresh before that, and a cookie that
 * a test clears meanwhile would come back.
 */
export const renewed = (browser) => until('the browser has no new access cookie', async () => (await accessLife(browser)) > 500);

/** The client's own refresh. */
export const refreshOf = (tab) => tab.post('/api/auth/refresh');

export const listSessions = (tab) => tab.get('/api/auth/sessions');

/** The types of the user's events. */
export async function events(tab) {
  const { status, text, json } = await tab.get('/api/auth/sessions/events');
  if (status !== 200) throw new Error(`events: ${status} ${text}`);
  return json.events.map((event) => event.event_type);
}

/** The seconds that the access cookie still lives; 0 without a cookie. */
export async function accessLife({ context }) {
  const cookie = (await context.cookies()).find(({ name }) => name.endsWith('_access'));
  return cookie ? cookie.expires - Date.now() / 1000 : 0;
}

/** The browser's own requests from now on, as the server logs them: they belong to no page, so that no tab shows them. */
export function deviceRequests(server) {
  const seen = [];
  const ids = new Set();
  server.log.on('line', (line) => {
    const [, id] = /"request_id":"([^"]+)"/.exec(line) ?? [];
    if (id) ids.add(id);
    const [, kind] = /"route":"\/api\/auth\/dbsc\/(\w+)"/.exec(line) ?? [];
    if (kind) seen.push(`${kind} ${JSON.parse(line).status}`);
  });
  return {
    /** All requests until now. A line of the log may arrive later than the response, and all lines arrive in order. */
    async seen() {
      const { headers } = await server.request('GET', '/api/auth/refresh');
      await until('the log has no line for a request', () => ids.has(headers['x-request-id']));
      return [...seen];
    },
    /** Waits for a request with this answer. */
    next: (kind, status) =>
      until(() => `no ${kind} ${status}; there were: ${seen.join(', ')}`, () => seen.includes(`${kind} ${status}`)),
  };
}

/** Runs in the page: makes a key, and adds a proof by it to each POST of `post`. */
async function makeProofs() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const part = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  window.proofOf = async (path) => {
    // The server's clock may have been moved.
    const { now } = await (await fetch('/dev/clock')).json();
    const iat = Math.floor(Date.parse(now) / 1000);
    const claims = { jti: crypto.randomUUID(), htm: 'POST', htu: location.origin + path, iat };
    const signed = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })}.${part(claims)}`;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, new TextEncoder().encode(signed));
    return `${signed}.${base64url(signature)}`;
  };
}
