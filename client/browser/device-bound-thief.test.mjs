// Attacks on sessions that Chromium has bound to a device: a script in the page, and a thief with a copy of all cookies.
import assert from 'node:assert/strict';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { launchBoundBrowser, storiesOn, useTlsServer } from './support/bound-browser.mjs';
import { bind, deviceRequests, events, listSessions, refreshOf, signIn } from './support/bound-steps.mjs';

const server = useTlsServer();
const story = storiesOn(server);

/** The headers of the browser's own requests, which a program outside of a browser can forge. */
const forged = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' };

story('a script in the page cannot register a key of its own', async (browser) => {
  const tab = await browser.open();
  const requests = deviceRequests(server);
  // Without the key of the browser's own registration, so that only the checks of the request can refuse it.
  await tab.page.evaluate(makeSigner);
  const bound = tab.nextBinding();
  const { offer } = await signIn(server, tab, 'uma');
  assert.match(offer, /challenge="/);
  const statuses = await tab.page.evaluate(registerInPage, offer);
  assert.deepEqual(statuses, { cors: 403, 'same-origin': 403, 'no-cors': 400 });
  await bound;
  await listSessions(tab);
  await requests.next('refresh', 200);
});

story('a thief with all cookies gets no access, and the owner stays signed in', async (owner) => {
  // With the key of a client, too: the challenge of the offer is then still one for the thief's refresh token.
  const tab = await bind(server, owner, 'vic', { proof: true });
  const cookies = await owner.context.cookies();
  const line = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

  const thief = await launchBoundBrowser(server);
  await thief.context.addCookies(cookies);
  const stolen = await thief.open();
  assert.equal((await listSessions(stolen)).status, 200, 'the copied access cookie works until its end');
  assert.equal((await refreshOf(stolen)).status, 400, 'no refresh from the first second');
  const id = (await listSessions(tab)).json.sessions[0].session_id;
  const asBrowser = { ...forged, cookie: line, 'sec-secure-session-id': id };
  const post = (path, proof) => server.request('POST', path, { headers: { ...asBrowser, ...(proof && { 'secure-session-response': proof }) } });
  const asked = await post('/api/auth/dbsc/refresh');
  assert.deepEqual([asked.status, asked.headers['set-cookie']], [403, undefined]);
  const key = await deviceKey();
  const challenge = challengeOf(asked);
  const proven = await post('/api/auth/dbsc/refresh', await key.refreshProof(challenge));
  assert.deepEqual([proven.status, proven.headers['set-cookie']], [403, undefined], 'a proof by another key');
  const [, offered] = /challenge="([^"]+)"/.exec(tab.offer);
  for (const text of [offered, challenge]) {
    const registered = await post('/api/auth/dbsc/registration', await key.registrationProof(text));
    assert.deepEqual([registered.status, registered.headers['set-cookie']], [400, undefined]);
  }
  const retried = await post('/api/auth/dbsc/refresh', await key.refreshProof(challenge));
  assert.equal(retried.status, 403, 'the key of the session is unchanged');
  const body = { refresh_token: /_refresh=([^;]+)/.exec(line)[1] };
  assert.equal((await server.request('POST', '/api/auth/refresh', { body })).status, 400);

  await server.advance(600);
  assert.equal((await listSessions(stolen)).status, 401, 'the copied access cookie has ended');
  const headers = { cookie: line };
  assert.equal((await server.request('GET', '/api/auth/sessions', { headers })).status, 401);
  await thief.quit();

  // Chromium renews the cookie by its own clock, which has not moved.
  await owner.context.clearCookies({ name: /_access$/ });
  assert.equal((await listSessions(tab)).status, 200, 'the key of the owner still counts');
  assert.ok((await events(tab)).includes('binding_failed'), 'the trail shows it');
});

/** A key outside of a browser, and the proofs that a browser would send. */
async function deviceKey() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const sign = (jti, more = {}) => new SignJWT({ jti }).setProtectedHeader({ typ: 'dbsc+jwt', alg: 'ES256', ...more }).sign(privateKey);
  return { refreshProof: (challenge) => sign(challenge), registrationProof: (challenge) => sign(challenge, { jwk }) };
}

const challengeOf = ({ headers }) => /^"([^"]+)"/.exec(headers['secure-session-challenge'])[1];

/** Runs in the page: makes a key, and a proof of its registration. */
async function makeSigner() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const part = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  window.registrationProof = async (jti) => {
    const signed = `${part({ typ: 'dbsc+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })}.${part({ jti })}`;
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, new TextEncoder().encode(signed));
    return `${signed}.${base64url(signature)}`;
  };
}

/** Runs in the page: sends the proof in every mode that a script can choose. */
async function registerInPage(offer) {
  const [, challenge] = /challenge="([^"]+)"/.exec(offer);
  const proof = await window.registrationProof(challenge);
  const send = (mode) => fetch('/api/auth/dbsc/registration', { method: 'POST', mode, headers: { 'secure-session-response': proof } });
  const statuses = {};
  for (const mode of ['cors', 'same-origin', 'no-cors']) statuses[mode] = (await send(mode)).status;
  return statuses;
}
