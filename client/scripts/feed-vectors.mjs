// Writes verifier/vectors/feed.json: revocation feeds and access tokens with the result that every verifier must reach.
//
//   node scripts/feed-vectors.mjs
//
// They are made by jose, which shares no code with the verifiers under test. Each run draws new keys, which it throws away.
// docs/revocation-feed.md explains how to run them.

import { writeFile } from 'node:fs/promises';
import { base64url, CompactSign, exportJWK, exportSPKI, generateKeyPair } from 'jose';

const NOW = 1_800_000_000;
const MINUTE = NOW / 60;
const ISSUER = 'https://app.example.com/api/auth';
const AUDIENCE = 'shop';
/** A later feed arrives 20 seconds after the first. */
const LATER = NOW + 20;

const newKey = async (kid, alg) => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
};
const es = await newKey('es', 'ES256');
const ed = await newKey('ed', 'EdDSA');
const rs = await newKey('rs', 'RS256');
const foreign = await newKey('es', 'ES256');
const unknown = await newKey('unknown', 'ES256');

const session = (half) => `0190a5d2-7b3c-7def-${half.slice(0, 4)}-${half.slice(4)}`;
const ALICE = session('8123456789abcdef');
const FIRST = session('8000000000000001');
const LAST = session('bfffffffffffffff');
const bytesOf = (id) => Buffer.from(id.replaceAll('-', ''), 'hex').subarray(8);
/** `ended` for these sessions, in the order that the format requires. */
const ended = (...ids) => Buffer.concat(ids.map(bytesOf).sort(Buffer.compare)).toString('base64url');

const present = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
const encode = (value) => base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
const payloadOf = (claims) => present({ iss: ISSUER, iat: NOW, ended: ended(FIRST, LAST), ...claims });

async function sign(payload, header, key) {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const full = present({ typ: 'revocations+jwt', alg: key.alg, kid: key.kid, ...header });
  const signer = new CompactSign(new TextEncoder().encode(text)).setProtectedHeader(full);
  return signer.sign(key.secret ?? key.privateKey, { crit: { 'example-extension': true } });
}
const feed = (claims = {}, { header = {}, key = es } = {}) => sign(payloadOf(claims), header, key);
const accessToken = (claims = {}) =>
  sign(
    present({
      iss: ISSUER, sub: 'alice', aud: AUDIENCE, client_id: AUDIENCE, iat: NOW - 600, exp: NOW + 3_000,
      jti: 'a-token', sid: ALICE, sst: NOW - 86_400, scope: 'orders:read', ...claims,
    }),
    { typ: 'at+jwt' },
    es,
  );

const feeds = [];
const held = await feed();
const add = (name, result, because, text, changes = {}) => feeds.push({ name, result, because, held: null, clock: 0, padding: 0, ...changes, feed: text });
/** A feed that is the first of its verifier. */
const first = async (name, result, because, claims, made, changes) => add(name, result, because, await feed(claims, made), changes);
/** A feed that arrives 20 seconds after `held`. The request asks for `since` = MINUTE - 2. */
const later = async (name, result, because, claims, made) => add(name, result, because, await feed({ iat: LATER, ...claims }, made), { held });

// Good ones
await first('a feed signed with ES256', 'fresh', 'every check holds');
await first('a feed signed with EdDSA', 'fresh', 'the key decides the algorithm', {}, { key: ed });
await first('a feed signed with RS256', 'fresh', 'the key decides the algorithm', {}, { key: rs });
await first('no entries', 'fresh', 'no session has ended lately', { ended: '' });
await first('with not_before', 'fresh', 'the last revocation of everyone was a day ago', { not_before: NOW - 90_000 });
await first('members that are not ours', 'fresh', 'unknown ones are ignored', { example: ['value'], exp: NOW - 1 });
await later('a feed with the since that was requested', 'fresh', 'it begins where the request asked', { since: MINUTE - 2 });
await later('a feed with an earlier since', 'fresh', 'it has more than was requested', { since: MINUTE - 3 });
await later('the whole feed for a request with since', 'fresh', 'it has more than was requested');

// Signature
const none = (payload, header = {}) => `${encode(present({ typ: 'revocations+jwt', alg: 'none', kid: 'es', ...header }))}.${encode(payload)}.`;
add('alg none', 'stale', 'nothing is signed', none(payloadOf()));
add('alg none with a signature', 'stale', 'the signature is not checked with alg none', none(payloadOf()) + held.split('.')[2]);
add('no alg', 'stale', 'the algorithm is that of the key', none(payloadOf(), { alg: undefined }));
add('an empty signature', 'stale', 'the signature is missing', `${held.split('.').slice(0, 2).join('.')}.`);
add('no third part', 'stale', 'a compact JWS has three parts', held.split('.').slice(0, 2).join('.'));
add('the payload alone', 'stale', 'nothing is signed', JSON.stringify(payloadOf()));
add('entries that were removed later', 'stale', 'the signature does not match', [held.split('.')[0], encode(payloadOf({ ended: '' })), held.split('.')[2]].join('.'));
await first('another key with the same kid', 'stale', 'the signature does not match', {}, { key: foreign });
await first('a kid that the issuer does not have', 'stale', 'the key is not one of the issuer', {}, { key: unknown });
await first('a key in the header', 'stale', 'keys in the header are ignored', {}, { key: unknown, header: { jwk: unknown.jwk } });
await first('HS256 with the public key as secret', 'stale', 'the public key is known to everyone', {}, {
  key: { kid: 'es', alg: 'HS256', secret: new TextEncoder().encode(await exportSPKI(es.publicKey)) },
});
await first('crit', 'stale', 'RFC 7515 section 4.1.11: the extension is not understood', {}, { header: { crit: ['example-extension'], 'example-extension': true } });

// typ and iss
await first('the typ of an access token', 'stale', 'it is no feed', {}, { header: { typ: 'at+jwt' } });
await first('the typ JWT', 'stale', 'it is no feed', {}, { header: { typ: 'JWT' } });
await first('no typ', 'stale', 'it is no feed', {}, { header: { typ: undefined } });
await first('the typ in upper case', 'stale', 'the spelling is exact', {}, { header: { typ: 'REVOCATIONS+JWT' } });
await first('the typ with its prefix', 'stale', 'the spelling is exact', {}, { header: { typ: 'application/revocations+jwt' } });
add('an access token', 'stale', 'it is no feed', await accessToken());
await first('the feed of another issuer', 'stale', 'a key may serve two issuers', { iss: 'https://other.example.com/api/auth' });
await first('an issuer with a slash', 'stale', 'issuers are compared byte for byte', { iss: `${ISSUER}/` });
await first('no iss', 'stale', 'the issuer is missing', { iss: undefined });

// Cut, damaged and huge answers
add('an empty answer', 'stale', 'it is no JWS', '');
add('text', 'stale', 'it is no JWS', 'feed');
add('an error page', 'stale', 'it is no JWS', '<!doctype html><title>502 Bad Gateway</title>');
add('three empty parts', 'stale', 'the parts are empty', '..');
add('half of a feed', 'stale', 'it was cut off', held.slice(0, held.length / 2));
add('a feed without its last bytes', 'stale', 'it was cut off', held.slice(0, -8));
add('a feed with a line feed', 'stale', 'base64url has no white space', `${held}\n`);
add('two feeds', 'stale', 'a compact JWS has three parts', `${held}.${held}`);
add('a JWS in JSON form', 'stale', 'the feed is a compact JWS', JSON.stringify({ protected: held.split('.')[0], payload: held.split('.')[1], signature: held.split('.')[2] }));
add('a feed with 7 MB behind it', 'stale', 'a feed has at most 6 MiB', held, { padding: 7_000_000 });

// Members
const odd = async (name, claims, because = 'the payload is not as the format requires') => first(name, 'stale', because, claims);
add('a payload that is no JSON', 'stale', 'the payload is an object', await sign('feed', {}, es));
add('a payload that is null', 'stale', 'the payload is an object', await sign('null', {}, es));
add('a payload that is a list', 'stale', 'the payload is an object', await sign('[]', {}, es));
await odd('no ended', { ended: undefined });
await odd('ended that is null', { ended: null });
await odd('ended that is a list', { ended: [ended(FIRST), ended(LAST)] });
await odd('ended with padding', { ended: `${ended(FIRST)}=` }, 'RFC 7515 section 2: no padding');
await odd('ended with characters of base64', { ended: '++++++++++8' }, 'the alphabet is that of base64url');
await odd('ended of 15 bytes', { ended: Buffer.concat([bytesOf(FIRST), bytesOf(LAST).subarray(1)]).toString('base64url') }, 'an entry has 8 bytes');
await odd('ended in another order', { ended: Buffer.concat([bytesOf(LAST), bytesOf(FIRST)]).toString('base64url') }, 'entries are sorted');
await odd('ended with a repeat', { ended: Buffer.concat([bytesOf(FIRST), bytesOf(FIRST)]).toString('base64url') }, 'entries do not repeat');
await odd('no iat', { iat: undefined });
await odd('iat that is text', { iat: String(NOW) });
await odd('iat with a fraction', { iat: NOW + 0.5 });
await odd('not_before that is text', { not_before: String(NOW - 90_000) });
await odd('not_before 91 s later than iat', { not_before: NOW + 91 }, 'a time of the future would refuse every session for ever');
await odd('since that is text', { since: String(MINUTE) });

// Time
await first('iat 90 s ago', 'fresh', 'within 90 s', { iat: NOW - 90 });
await first('iat 91 s ago', 'stale', 'a cache has kept it', { iat: NOW - 91 });
await first('iat 90 s ahead', 'fresh', 'within 90 s', { iat: NOW + 90 });
await first('iat 91 s ahead', 'stale', 'one of the clocks is wrong', { iat: NOW + 91 });
await first('a clock that is 90 s ahead', 'fresh', 'within 90 s', {}, {}, { clock: 90 });
await first('a clock that is 91 s ahead', 'stale', 'one of the clocks is wrong', {}, {}, { clock: 91 });
await first('a clock that is 90 s behind', 'fresh', 'within 90 s', {}, {}, { clock: -90 });
await first('a clock that is 91 s behind', 'stale', 'one of the clocks is wrong', {}, {}, { clock: -91 });
await later('the same feed again', 'stale', 'a cache has repeated it', { iat: NOW });
await later('a feed that was rolled back', 'stale', 'its iat is more than 70 s lower than expected: NOW and the 20 s since then', { iat: NOW - 51 });
await later('the whole feed of a server whose clock is behind', 'fresh', 'clocks of servers and ages of feeds differ by up to 70 s', { iat: NOW - 50 });
await later('a feed of a server whose clock is behind', 'fresh', 'clocks of servers and ages of feeds differ by up to 70 s', { iat: NOW - 50, since: MINUTE - 2 });
await later('a feed that is one second newer', 'fresh', 'its iat is higher', { iat: NOW + 1 });

// since
await first('since in the first feed', 'stale', 'the whole feed was requested, and entries before since are missing', { since: 0 });
await later('since later than requested', 'stale', 'entries between both minutes are missing', { since: MINUTE - 1 });
await later('since in the future', 'stale', 'entries between both minutes are missing', { since: MINUTE + 60 });

// Access tokens and what one or more feeds show about their sessions
const tokens = [];
async function token(name, result, because, feedClaims, claims = {}, text) {
  const list = await Promise.all([feedClaims].flat().map((each) => feed(each)));
  tokens.push({ name, result, because, feeds: list, token: text ?? (await accessToken(claims)) });
}
await token('a session that is not in the feed', 'accepted', 'it lives', {});
await token('the only entry', 'session_ended', 'it is in the feed', { ended: ended(ALICE) });
await token('the first entry', 'session_ended', 'it is in the feed', { ended: ended(ALICE, LAST) });
await token('the last entry', 'session_ended', 'it is in the feed', { ended: ended(FIRST, ALICE) });
await token('an entry in the middle', 'session_ended', 'it is in the feed', { ended: ended(FIRST, ALICE, LAST) });
await token('an entry whose highest bit is set', 'session_ended', 'bytes are unsigned', { ended: ended(FIRST, LAST) }, { sid: LAST });
await token('a session that differs in the last bit', 'accepted', 'entries are exact', { ended: ended(session('8123456789abcdee')) });
await token('a session that differs in the first bits', 'session_ended', 'an entry is the second half', { ended: ended(ALICE) }, { sid: ALICE.replace('0190a5d2', '0190a5d3') });
await token('an entry in a later feed', 'session_ended', 'entries are added', [{}, { iat: NOW + 5, since: MINUTE - 2, ended: ended(ALICE) }]);
await token('an entry in the feed before', 'session_ended', 'a feed with since has new entries only', [{ ended: ended(ALICE) }, { iat: NOW + 5, since: MINUTE - 2, ended: '' }]);
await token('an entry in a feed that is older', 'session_ended', 'it is signed, and a session that has ended stays so', [{}, { iat: NOW - 5, since: MINUTE - 2, ended: ended(ALICE) }]);
await token('an entry that a later whole feed with an older iat lacks', 'session_ended', 'only a newer feed drops entries', [{ ended: ended(ALICE) }, { iat: NOW - 5 }, { iat: NOW - 4 }, { iat: NOW - 3 }]);
await token('an entry in a feed of another issuer', 'accepted', 'the feed is refused', [{}, { iat: NOW + 5, iss: 'https://other.example.com/api/auth', ended: ended(ALICE) }]);
await token('sst before not_before', 'session_ended', 'all sessions of that time have ended', { not_before: NOW - 60 }, { sst: NOW - 61 });
await token('sst at not_before', 'session_ended', 'all sessions of that second have ended', { not_before: NOW - 60 }, { sst: NOW - 60 });
await token('sst after not_before', 'accepted', 'the session started later', { not_before: NOW - 60 }, { sst: NOW - 59 });
await token('a token that was refreshed after not_before', 'session_ended', 'sst counts, and not iat', { not_before: NOW - 900 }, { sst: NOW - 86_400, iat: NOW - 600 });
await token('no sst, issued 8 s after not_before', 'token_expired', 'a refresh shows whether the session has ended', { not_before: NOW - 608 }, { sst: undefined });
await token('no sst, issued 9 s after not_before', 'accepted', 'by then every server has read not_before', { not_before: NOW - 609 }, { sst: undefined });
await token('not_before in the feed before', 'session_ended', 'not_before never moves backwards', [{ not_before: NOW - 60 }, { iat: NOW + 5 }], { sst: NOW - 61 });
await token('a lower not_before in a later feed', 'session_ended', 'not_before never moves backwards', [{ not_before: NOW - 60 }, { iat: NOW + 5, not_before: NOW - 90_000 }], { sst: NOW - 61 });
await token('a higher not_before in a later feed', 'session_ended', 'the highest counts', [{ not_before: NOW - 90_000 }, { iat: NOW + 5, not_before: NOW - 60 }], { sst: NOW - 61 });
await token('not_before 90 s later than the feed', 'session_ended', 'clocks of servers differ', { not_before: NOW + 90 }, { sst: NOW - 61 });
await token('not_before 91 s later than the feed', 'accepted', 'a time of the future would refuse every session for ever: the feed is refused', [{}, { iat: NOW + 5, not_before: NOW + 96 }], { sst: NOW - 61 });
await token('not_before in milliseconds', 'accepted', 'a time of the future would refuse every session for ever: the feed is refused', [{}, { iat: NOW + 5, not_before: NOW * 1_000, ended: ended(ALICE) }], { sst: NOW - 61 });
await token('an expired token of an ended session', 'token_expired', 'the token is checked first', { ended: ended(ALICE) }, { exp: NOW - 1 });
await token('sst that is text', 'invalid_token', 'sst is a number', {}, { sst: String(NOW) });
await token('a feed that is sent as an access token', 'invalid_token', 'its typ is not that of an access token', {}, {}, held);

for (const list of [feeds, tokens]) {
  const names = list.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error('two vectors have the same name');
}
const file = { now: NOW, issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [es.jwk, ed.jwk, rs.jwk] }, live_token: await accessToken(), feeds, tokens };
await writeFile(new URL('../../verifier/vectors/feed.json', import.meta.url), `${JSON.stringify(file, null, 2)}\n`);
console.log(`${feeds.length} feeds, ${tokens.length} tokens`);
