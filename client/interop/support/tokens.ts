/** Access tokens that every verifier of one server must refuse. */

import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { LOCAL_AUDIENCE, startLocalServer, type LocalServer } from '../../test/server/support/local-server.js';

const HOURS = 3_600;

export interface BadToken {
  readonly name: string;
  readonly token: string;
}

const decode = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Takes the parts of a token apart; the tests change one of them. */
function partsOf(token: string): readonly [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

/** A token of two hours ago, which this server signed. */
export async function expiredToken(api: LocalServer): Promise<string> {
  await api.advanceClock(-2 * HOURS);
  try {
    return (await api.signIn('alice')).accessToken;
  } finally {
    await api.advanceClock(2 * HOURS);
  }
}

/** A token of a server that has the same issuer and audience, but other keys. */
async function tokenOfAnImpostor(issuer: string): Promise<string> {
  const impostor = await startLocalServer({ LATCHKEY_ISSUER: issuer });
  try {
    return (await impostor.signIn('alice')).accessToken;
  } finally {
    await impostor.stop();
  }
}

async function tokenOfAnotherServer(): Promise<string> {
  const other = await startLocalServer();
  try {
    return (await other.signIn('alice')).accessToken;
  } finally {
    await other.stop();
  }
}

/** Every claim is right, and the header names the server's own key, but another key signed it. */
async function tokenOfAnotherKey(token: string): Promise<string> {
  const [header, payload] = partsOf(token);
  const { alg, kid } = decode(header) as { alg: string; kid: string };
  const { privateKey } = await generateKeyPair('ES256');
  return new SignJWT(decode(payload)).setProtectedHeader({ alg, kid, typ: 'at+jwt' }).sign(privateKey);
}

/** The key of the attacker is in the header of the token. */
async function tokenWithItsOwnKey(token: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', typ: 'at+jwt', jwk: await exportJWK(publicKey) };
  return new SignJWT(decode(partsOf(token)[1])).setProtectedHeader(header).sign(privateKey);
}

/** The text of the public keys serves as the secret of an HMAC. */
async function tokenWithAPublicSecret(token: string, api: LocalServer): Promise<string> {
  const keys = await (await fetch(`${api.issuer}/.well-known/jwks.json`)).text();
  const { kid } = decode(partsOf(token)[0]) as { kid: string };
  const header = { alg: 'HS256', typ: 'at+jwt', kid };
  return new SignJWT(decode(partsOf(token)[1])).setProtectedHeader(header).sign(new TextEncoder().encode(keys));
}

/** Tampered, expired and foreign tokens. A verifier that expects the issuer and the audience of `api` refuses all of them. */
export async function badTokens(api: LocalServer): Promise<readonly BadToken[]> {
  const { accessToken, refreshToken } = await api.signIn('alice');
  const [header, payload, signature] = partsOf(accessToken);
  const { assertion } = await api.post('/dev/assertion', { sub: 'alice' });
  const altered = { ...decode(payload), sub: 'root', scope: 'latchkey:admin' };
  return [
    { name: 'altered claims', token: [header, encode(altered), signature].join('.') },
    { name: 'an altered signature', token: [header, payload, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.') },
    { name: 'no signature', token: [header, payload, ''].join('.') },
    { name: 'the algorithm none', token: [encode({ ...decode(header), alg: 'none' }), payload, ''].join('.') },
    { name: 'the public keys as a secret', token: await tokenWithAPublicSecret(accessToken, api) },
    { name: 'its own key', token: await tokenWithItsOwnKey(accessToken) },
    { name: 'the signature of another key', token: await tokenOfAnotherKey(accessToken) },
    { name: 'a server with the same issuer', token: await tokenOfAnImpostor(api.issuer) },
    { name: 'another server', token: await tokenOfAnotherServer() },
    { name: 'an expired token', token: await expiredToken(api) },
    { name: 'a refresh token', token: refreshToken },
    { name: 'an assertion', token: String(assertion) },
  ];
}

export { LOCAL_AUDIENCE };
