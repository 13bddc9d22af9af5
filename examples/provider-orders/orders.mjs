/**
 * An identity provider on this machine signs a user in three times, and ends each session by another kind of order. No dependencies.
 *
 * API   the origin of the API. Default http://127.0.0.1:9000
 * PORT  the port of the provider, as in LATCHKEY_TRUSTED_ISSUERS. Default 9300
 */

import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const api = `${process.env.API ?? 'http://127.0.0.1:9000'}/api/auth`;
const port = Number(process.env.PORT ?? 9300);
const issuer = `http://127.0.0.1:${port}`;

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const kid = randomUUID();
const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] });
const provider = createServer((_, response) => response.setHeader('content-type', 'application/json').end(jwks));
await once(provider.listen(port, '127.0.0.1'), 'listening');

function jwt(typ, claims) {
  const iat = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, aud: 'shop', iat, exp: iat + 120, jti: randomUUID(), ...claims };
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'ES256', kid, typ })}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function post(path, type, body, token) {
  const headers = { 'content-type': type, ...(token && { authorization: `Bearer ${token}` }) };
  return fetch(api + path, { method: 'POST', headers, body });
}

const orders = {
  'back-channel logout': (sub, sid) => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const body = new URLSearchParams({ logout_token: jwt('logout+jwt', { sub, sid, events }) });
    return post('/backchannel-logout', 'application/x-www-form-urlencoded', String(body));
  },
  'global token revocation': (sub) => {
    const body = JSON.stringify({ sub_id: { format: 'iss_sub', iss: issuer, sub } });
    return post('/global-token-revocation', 'application/json', body, jwt('global-token-revocation+jwt', {}));
  },
  'security event': (sub) => {
    const sub_id = { format: 'iss_sub', iss: issuer, sub };
    const events = { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {} };
    return post('/ssf/events', 'application/secevent+jwt', jwt('secevent+jwt', { sub_id, events }));
  },
};

for (const [index, [name, send]] of Object.entries(orders).entries()) {
  const [sub, sid] = [`alice-${index}`, randomUUID()];
  const login = JSON.stringify({ assertion: jwt('JWT', { sub, sid }), delivery: 'body' });
  const signedIn = await post('/login', 'application/json', login);
  const session = await signedIn.json();
  if (!signedIn.ok) {
    console.error(`sign-in: ${signedIn.status} ${session.code}: is ${issuer} in LATCHKEY_TRUSTED_ISSUERS?`);
    process.exit(1);
  }
  const started = performance.now();
  const { status } = await send(sub, sid);
  const elapsed = Math.round(performance.now() - started);
  const list = await fetch(`${api}/sessions`, { headers: { authorization: `Bearer ${session.access_token}` } });
  const { code, reason } = await list.json();
  console.info(`${name}: ${status} after ${elapsed} ms; then the session is ${list.status} ${code} (${reason})`);
}
provider.closeAllConnections();
provider.close();
