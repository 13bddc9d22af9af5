// Writes verifier/vectors/dpop.json: DPoP proofs (RFC 9449) with the result that every implementation must reach.
//
//   node scripts/dpop-vectors.mjs
//
// The proofs are made by jose, which shares no code with the verifiers under test. Each run draws new keys, which it throws away.
// The access token is a real one, so that the check of whole requests runs the vectors, too; `access_tokens` has the public key.

import { writeFile } from 'node:fs/promises';
import { base64url, calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair, SignJWT } from 'jose';

const NOW = 1_800_000_000;
const ORIGIN = 'https://api.example.com';
const REFRESH = { method: 'POST', path: '/api/auth/refresh' };
const ORDERS = { method: 'GET', path: '/orders' };
const NONCES = { nonce: 'required', fresh_nonces: ['a-fresh-nonce', 'an-earlier-fresh-nonce'], stale_nonces: ['a-stale-nonce'] };
const MOST_BYTES = 4096;

const newKey = async (alg, options = {}) => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { alg, privateKey, jwk: await exportJWK(publicKey), privateJwk: await exportJWK(privateKey) };
};
const owner = await newKey('ES256');
const other = await newKey('ES256');
const ownerThumbprint = await calculateJwkThumbprint(owner.jwk);
const issuerKey = await newKey('EdDSA');
const ACCESS_TOKENS = {
  issuer: 'https://app.example.com/api/auth',
  audience: 'shop',
  jwks: { keys: [{ ...issuerKey.jwk, kid: 'vectors' }] },
};
const TOKEN = await new SignJWT({ client_id: ACCESS_TOKENS.audience, sid: '07070707-0707-0707-0707-070707070707', cnf: { jkt: ownerThumbprint } })
  .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'vectors' })
  .setIssuer(ACCESS_TOKENS.issuer)
  .setAudience(ACCESS_TOKENS.audience)
  .setSubject('alice')
  .setJti('an-access-token')
  .setIssuedAt(NOW)
  .setExpirationTime(NOW + 600)
  .sign(issuerKey.privateKey);
const sha256 = async (text) => base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
const ath = await sha256(TOKEN);
const encode = (value) => base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));

/** The members of an object that are not `undefined`, so that a row can remove one. */
const present = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
let count = 0;
const claimsOf = ({ method, path }, changes) => present({ jti: `proof-${++count}`, htm: method, htu: ORIGIN + path, iat: NOW, ...changes });

/** A proof for `request`, with changes of its claims and header; `key` signs. */
async function proof(request, { claims = {}, header = {}, key = owner, payload } = {}) {
  const protectedHeader = present({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...header });
  const text = payload ?? JSON.stringify(claimsOf(request, claims));
  const signer = new CompactSign(new TextEncoder().encode(text)).setProtectedHeader(protectedHeader);
  return signer.sign(key.secret ?? key.privateKey, { crit: { b64: true, 'example-extension': true } });
}

const vectors = [];
const defaults = { ...REFRESH, origins: [ORIGIN], access_token: null, thumbprint: ownerThumbprint, nonce: 'none', fresh_nonces: [], stale_nonces: [], seen: [] };

function add(name, result, because, headers, changes = {}) {
  const { method, path, origins, access_token, thumbprint, ...rest } = { ...defaults, ...changes };
  vectors.push({ name, headers, method, path, origins, access_token, thumbprint, ...rest, result, because });
}

/** One proof for the request of `changes`, POST /api/auth/refresh by default. */
async function one(name, result, because, made = {}, changes = {}) {
  add(name, result, because, [await proof({ ...REFRESH, ...changes }, made)], changes);
}

// Proofs that are in order
await one('a sign-in, which binds to the key', 'accepted', 'no key is bound yet', {}, { path: '/api/auth/login', thumbprint: null });
await one('a refresh with the key of the session', 'accepted', 'every check holds');
await one('a request with an access token', 'accepted', 'ath is the hash of the token', { claims: { ath } }, { ...ORDERS, access_token: TOKEN });
await one('ath without an access token', 'accepted', 'ath belongs to requests with an access token', { claims: { ath: await sha256('another') } });
await one('claims and members that are not ours', 'accepted', 'unknown ones are ignored', {
  claims: { example: 'value' },
  header: { example: 'value', jwk: { ...owner.jwk, use: 'sig', kid: 'a-key', alg: 'ES256' } },
});

// Headers
add('no header', 'missing', 'the session is bound', []);
add('no header, and nothing is bound', 'missing', 'there is no proof to verify', [], { thumbprint: null });
add('a bound token sent as Bearer', 'missing', 'a token with cnf passes nowhere without its proof', [], { ...ORDERS, access_token: TOKEN });
add('two headers', 'invalid', 'RFC 9449 section 4.3: exactly one header', [await proof(REFRESH), await proof(REFRESH)]);
add('the same header twice', 'invalid', 'RFC 9449 section 4.3: exactly one header', Array(2).fill(await proof(REFRESH)));
add('two proofs in one header', 'invalid', 'a comma is in no proof', [`${await proof(REFRESH)}, ${await proof(REFRESH)}`]);
add('an empty header', 'invalid', 'it is no JWS', ['']);
add('text that is no JWS', 'invalid', 'it has no three parts', ['proof']);
add('three empty parts', 'invalid', 'the parts are empty', ['..']);
add('padded base64url', 'invalid', 'RFC 7515 section 2: no padding', [(await proof(REFRESH)).replace('.', '=.')]);
add('a JWS in JSON form', 'invalid', 'the proof is a compact JWS', [JSON.stringify({ protected: encode({}), payload: encode({}), signature: '' })]);
const padded = async (bytes) => {
  const size = async (length) => (await proof(REFRESH, { claims: { padding: 'x'.repeat(length), jti: 'a-long-proof' } })).length;
  let length = Math.floor((bytes - (await size(0))) * 0.75) - 4;
  while ((await size(length + 1)) <= bytes) length += 1;
  return proof(REFRESH, { claims: { padding: 'x'.repeat(length), jti: 'a-long-proof' } });
};
const longest = await padded(MOST_BYTES);
add('a header of nearly 4 KiB', 'accepted', `${longest.length} bytes are within ${MOST_BYTES}`, [longest]);
const tooLong = await padded(MOST_BYTES + 3);
add('a header of more than 4 KiB', 'invalid', `${tooLong.length} bytes are over ${MOST_BYTES}`, [tooLong]);

// typ, alg, crit
await one('no typ', 'invalid', 'RFC 9449 section 4.3: typ is dpop+jwt', { header: { typ: undefined } });
await one('the typ of an access token', 'invalid', 'an access token is no proof', { header: { typ: 'at+jwt' } });
await one('the typ of other tokens', 'invalid', 'a JWT of another purpose is no proof', { header: { typ: 'JWT' } });
const none = (header) => `${encode(present({ typ: 'dpop+jwt', alg: 'none', jwk: owner.jwk, ...header }))}.${encode(claimsOf(REFRESH))}.`;
add('alg none', 'invalid', 'nothing is signed', [none()]);
add('alg none with a signature', 'invalid', 'the signature is not checked with alg none', [none() + (await proof(REFRESH)).split('.')[2]]);
add('no alg', 'invalid', 'ES256 is named', [none({ alg: undefined })]);
await one('RS256', 'invalid', 'only ES256 is accepted', { key: await newKey('RS256') }, { thumbprint: null });
await one('ES384', 'invalid', 'only ES256 is accepted', { key: await newKey('ES384') }, { thumbprint: null });
await one('EdDSA', 'invalid', 'only ES256 is accepted', { key: await newKey('EdDSA') }, { thumbprint: null });
await one('HS256 with the public key as secret', 'invalid', 'the public key is known to everyone', {
  key: { alg: 'HS256', jwk: owner.jwk, secret: new TextEncoder().encode(JSON.stringify(owner.jwk)) },
});
await one('crit', 'invalid', 'RFC 7515 section 4.1.11: the extension is not understood', { header: { crit: ['example-extension'], 'example-extension': true } });

// jwk
await one('no jwk', 'invalid', 'the proof brings its key', { header: { jwk: undefined } });
await one('jwk with the private part', 'invalid', 'RFC 9449 section 4.3: no private key', { header: { jwk: owner.privateJwk } });
for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
  const jwk = { ...owner.jwk, [member]: member === 'oth' ? [] : encode('a secret') };
  await one(`jwk with the private member ${member}`, 'invalid', 'RFC 7518 section 6: the member is private', { header: { jwk } });
}
await one('jwk of another curve', 'invalid', 'ES256 uses P-256', { header: { jwk: (await newKey('ES384')).jwk } }, { thumbprint: null });
await one('jwk that names another curve', 'invalid', 'ES256 uses P-256', { header: { jwk: { ...owner.jwk, crv: 'P-384' } } });
await one('jwk of RSA', 'invalid', 'ES256 uses P-256', { header: { jwk: (await newKey('RS256')).jwk } }, { thumbprint: null });
await one('jwk that is symmetric', 'invalid', 'ES256 uses P-256', { header: { jwk: { kty: 'oct', k: encode('a secret') } } });
await one('jwk without y', 'invalid', 'the point is incomplete', { header: { jwk: { ...owner.jwk, y: undefined } } });
await one('jwk with a short x', 'invalid', 'RFC 7518 section 6.2.1.2: 32 bytes', { header: { jwk: { ...owner.jwk, x: encode('short') } } });
await one('jwk that is no point of the curve', 'invalid', 'the key is not valid', { header: { jwk: { ...owner.jwk, y: owner.jwk.x } } });
await one('jwk that is text', 'invalid', 'the key is an object', { header: { jwk: 'key' } });
await one('jwk of the session, signed by another key', 'invalid', 'the signature does not match', { key: { ...other, jwk: owner.jwk } });
await one('the key of another session', 'wrong_key', 'the thumbprint differs', { key: other });
await one('the key of another session, with an access token', 'wrong_key', 'the thumbprint differs', { key: other, claims: { ath } }, { ...ORDERS, access_token: TOKEN });

// signature
const [head, body, signature] = (await proof(REFRESH)).split('.');
const bytes = base64url.decode(signature);
const broken = (change) => `${head}.${body}.${base64url.encode(change(bytes))}`;
add('no signature', 'invalid', 'the signature is missing', [`${head}.${body}.`]);
add('a signature with one bit changed', 'invalid', 'the signature does not match', [broken((b) => b.map((byte, at) => (at === 40 ? byte ^ 1 : byte)))]);
add('a signature of zeros', 'invalid', 'CVE-2022-21449: r and s are not zero', [broken((b) => b.map(() => 0))]);
add('a signature that is cut short', 'invalid', 'RFC 7518 section 3.4: 64 bytes', [broken((b) => b.slice(0, 63))]);
add('a signature in DER', 'invalid', 'RFC 7518 section 3.4: r and s as 64 bytes', [broken((b) => Uint8Array.of(0x30, 0x44, 2, 32, ...b.slice(0, 32), 2, 32, ...b.slice(32)))]);
add('claims that were changed later', 'invalid', 'the signature does not match', [`${head}.${encode(claimsOf(REFRESH))}.${signature}`]);

// payload and jti
await one('a payload that is no JSON', 'invalid', 'the claims are an object', { payload: 'claims' });
await one('a payload that is a list', 'invalid', 'the claims are an object', { payload: '[]' });
await one('no jti', 'invalid', 'every proof has a jti', { claims: { jti: undefined } });
await one('an empty jti', 'invalid', 'a jti has 1 to 64 characters', { claims: { jti: '' } });
await one('a jti that is a number', 'invalid', 'a jti is text', { claims: { jti: 7 } });
await one('a jti of 64 characters', 'accepted', 'a jti has 1 to 64 characters', { claims: { jti: 'j'.repeat(64) } });
await one('a jti of 64 characters of 4 bytes', 'accepted', 'characters are counted, not bytes or code units', { claims: { jti: '\u{1F511}'.repeat(64) } });
await one('a jti of 65 characters', 'invalid', 'a jti has 1 to 64 characters', { claims: { jti: 'j'.repeat(65) } });
await one('a huge jti', 'invalid', 'a jti has 1 to 64 characters', { claims: { jti: 'j'.repeat(2_000) } });
await one('a jti that was seen, POST', 'repeated', 'a repeated POST may be a replay', { claims: { jti: 'seen-before' } }, { seen: ['seen-before'] });
await one('a jti that was seen, DELETE', 'repeated', 'a repeated DELETE may be a replay', { claims: { jti: 'seen-before', ath } }, {
  method: 'DELETE', path: '/orders/7', access_token: TOKEN, seen: ['seen-before'],
});
await one('a jti that was seen, GET', 'accepted', 'browsers and proxies resend identical safe requests', { claims: { jti: 'seen-before', ath } }, {
  ...ORDERS, access_token: TOKEN, seen: ['seen-before'],
});

// htm
await one('htm of another method', 'invalid', 'the proof is for another method', { claims: { htm: 'GET' } });
await one('htm in lower case', 'invalid', 'RFC 9110 section 9.1: methods are case-sensitive', { claims: { htm: 'post' } });
await one('no htm', 'invalid', 'every proof has a htm', { claims: { htm: undefined } });

// htu
const htu = (name, result, because, url, changes) => one(name, result, because, { claims: { htu: url, ...(changes?.access_token && { ath }) } }, changes);
const { path } = REFRESH;
await htu('htu with a query', 'accepted', 'RFC 9449 section 4.3: query and fragment are ignored', `${ORIGIN}${path}?next=1`);
await htu('htu with a fragment', 'accepted', 'RFC 9449 section 4.3: query and fragment are ignored', `${ORIGIN}${path}#part`);
await htu('htu with the default port', 'accepted', 'RFC 3986 section 6.2.3: 443 is the port of https', `${ORIGIN}:443${path}`);
await htu('htu in upper case', 'accepted', 'RFC 3986 section 6.2.2.1: scheme and host have no case', `HTTPS://API.EXAMPLE.COM${path}`);
await htu('htu with an unreserved character encoded', 'accepted', 'RFC 3986 section 6.2.2.2: %72 is r', `${ORIGIN}/api/auth/%72efresh`);
await htu('htu with dot segments', 'accepted', 'RFC 3986 section 6.2.2.3: they are removed', `${ORIGIN}/api/./x/../auth/refresh`);
await htu('htu of the second origin', 'accepted', 'both origins are configured', `https://www.example.com${path}`, { origins: [ORIGIN, 'https://www.example.com'] });
await htu('htu of an origin with a port', 'accepted', 'the origin is configured', `http://127.0.0.1:9000${path}`, { origins: ['http://127.0.0.1:9000'] });
await htu('htu with the encoding in lower case', 'accepted', 'RFC 3986 section 6.2.2.1: %c3 is %C3', `${ORIGIN}/caf%c3%a9`, { path: '/caf%C3%A9' });
await htu('htu with a trailing slash', 'invalid', 'it is another resource', `${ORIGIN}${path}/`);
await htu('htu with an encoded slash', 'invalid', 'RFC 3986 section 2.2: %2F is no slash', `${ORIGIN}/api%2Fauth/refresh`);
await htu('htu with the path in upper case', 'invalid', 'paths are case-sensitive', `${ORIGIN}/API/auth/refresh`);
await htu('htu of another path', 'invalid', 'the proof is for another resource', `${ORIGIN}/api/auth/login`);
await htu('htu of another host', 'invalid', 'the proof is for another server', `https://evil.example${path}`);
await htu('htu of a host that begins alike', 'invalid', 'the proof is for another server', `https://api.example.com.evil.example${path}`);
await htu('htu with another host as user name', 'invalid', 'the host is evil.example', `https://api.example.com@evil.example${path}`);
await htu('htu with a user name', 'invalid', 'an http URI has none', `https://user@api.example.com${path}`);
await htu('htu of another port', 'invalid', 'the proof is for another server', `${ORIGIN}:8443${path}`);
await htu('htu without encryption', 'invalid', 'the scheme differs', `http://api.example.com${path}`);
await htu('htu of an origin that is not configured', 'invalid', 'the Host header decides nothing', `https://www.example.com${path}`);
await htu('htu without an origin', 'invalid', 'htu is absolute', path);
await htu('htu that is empty', 'invalid', 'htu is absolute', '');
await htu('htu that is a number', 'invalid', 'htu is text', 7);
await htu('no htu', 'invalid', 'every proof has a htu', undefined);

// iat
const iat = (name, result, because, value, changes, claims) => one(name, result, because, { claims: { iat: value, ...claims } }, changes);
await iat('iat 60 s ago', 'accepted', 'within 60 s', NOW - 60);
await iat('iat 60 s ahead', 'accepted', 'within 60 s', NOW + 60);
await iat('iat 61 s ago', 'use_nonce', 'only the time is wrong', NOW - 61);
await iat('iat 61 s ahead', 'use_nonce', 'only the time is wrong', NOW + 61);
await iat('iat an hour ahead, with a fresh nonce', 'use_nonce', 'a nonce does not replace the time', NOW + 3_600, NONCES, { nonce: 'a-fresh-nonce' });
await iat('iat with a fraction', 'accepted', 'RFC 7519 section 2: a NumericDate may have a fraction', NOW - 0.5);
await iat('iat 60.5 s ago', 'use_nonce', 'only the time is wrong', NOW - 60.5);
await iat('no iat', 'invalid', 'every proof has an iat', undefined);
await iat('iat that is text', 'invalid', 'iat is a number', String(NOW));

// nonce
const nonce = (name, result, because, value, changes) => one(name, result, because, { claims: { nonce: value } }, { ...NONCES, ...changes });
await nonce('a fresh nonce', 'accepted', 'the server issued it', 'a-fresh-nonce');
await nonce('the fresh nonce before', 'accepted', 'the server issued it', 'an-earlier-fresh-nonce');
await nonce('no nonce where one is required', 'use_nonce', 'only the nonce is missing', undefined);
await nonce('a stale nonce', 'use_nonce', 'only the nonce is too old', 'a-stale-nonce');
await nonce('the nonce of another server', 'use_nonce', 'only the nonce is foreign', 'a-foreign-nonce');
await nonce('a nonce where none is required', 'accepted', 'it is ignored', 'a-foreign-nonce', { nonce: 'none' });
await nonce('a stale nonce where none is required', 'accepted', 'it is ignored', 'a-stale-nonce', { nonce: 'none' });
await nonce('a nonce that is null', 'invalid', 'a nonce is text', null, { nonce: 'none' });
await nonce('a nonce that is a number', 'invalid', 'a nonce is text', 7);
await one('a stale nonce, and the key of another session', 'wrong_key', 'another nonce would not help', { claims: { nonce: 'a-stale-nonce' }, key: other }, NONCES);
await one('a stale nonce, and another method', 'invalid', 'another nonce would not help', { claims: { nonce: 'a-stale-nonce', htm: 'GET' } }, NONCES);

// ath
const athOf = (name, result, because, value) => one(name, result, because, { claims: { ath: value } }, { ...ORDERS, access_token: TOKEN });
await athOf('no ath', 'invalid', 'RFC 9449 section 4.3: ath is required with an access token', undefined);
await athOf('ath of another token', 'invalid', 'the proof is for another token', await sha256('another.access.token'));
await athOf('ath that is the token itself', 'invalid', 'ath is a hash', TOKEN);
await athOf('an empty ath', 'invalid', 'ath is a hash', '');

const names = vectors.map(({ name }) => name);
if (new Set(names).size < names.length) throw new Error('two vectors have the same name');
await writeFile(new URL('../../verifier/vectors/dpop.json', import.meta.url), `${JSON.stringify({ now: NOW, access_tokens: ACCESS_TOKENS, vectors }, null, 2)}\n`);
console.log(`${vectors.length} vectors`);
