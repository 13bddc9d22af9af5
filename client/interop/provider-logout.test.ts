/** Identity providers end sessions: a real provider, and orders that an independent JOSE library has made. */

import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalServer, type LocalServer } from '../test/server/support/local-server.js';
import { Browser, CLIENT_ID, startProvider, type RunningProvider } from './support/oidc-provider.js';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Signs in to Latchkey with an assertion, and returns the refresh token. */
async function signIn(api: LocalServer, assertion: string): Promise<string> {
  const body = await api.post('/api/auth/login', { assertion, delivery: 'body' });
  return String(body['refresh_token']);
}

/** The reason for which the session has ended; `alive` if it has not. */
async function stateOf(api: LocalServer, refreshToken: string): Promise<string> {
  const response = await fetch(`${api.issuer}/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: refreshToken }),
  });
  return response.ok ? 'alive' : String(((await response.json()) as Record<string, unknown>)['reason']);
}

describe('oidc-provider', () => {
  let provider: RunningProvider;
  let api: LocalServer;

  beforeAll(async () => {
    provider = await startProvider();
    const { issuer } = provider;
    const entry = { issuer, audience: CLIENT_ID, jwks_url: `${issuer}/jwks`, auth_time: 'iat', logout: { backchannel: {} } };
    api = await startLocalServer({ PROVIDER_ORDERS: 'true', LATCHKEY_TRUSTED_ISSUERS: JSON.stringify([entry]) });
    provider.logoutUri = `${api.issuer}/backchannel-logout`;
  });

  afterAll(async () => {
    await api?.stop();
    await provider?.stop();
  });

  test('ends the session of the browser that signs out there, and no other', async () => {
    const [laptop, phone] = [new Browser(provider.issuer), new Browser(provider.issuer)];
    const idToken = await laptop.signIn('alice');
    expect(decodeJwt(idToken)['sid']).toEqual(expect.any(String));
    const onLaptop = await signIn(api, idToken);
    const onPhone = await signIn(api, await phone.signIn('alice'));
    await laptop.signOut();
    expect(await stateOf(api, onLaptop)).toBe('provider');
    expect(await stateOf(api, onPhone)).toBe('alive');
    const again = await signIn(api, await laptop.signIn('alice'));
    expect(await stateOf(api, again)).toBe('alive');
  });

  test('ends a session whose sign-in arrives after the logout', async () => {
    const browser = new Browser(provider.issuer);
    const idToken = await browser.signIn('bob');
    await browser.signOut();
    await expect(signIn(api, idToken)).rejects.toThrow('401');
  });
});

describe('jose', () => {
  const issuer = 'https://id.example.com';
  let api: LocalServer;
  let sign: (typ: string, claims: Record<string, unknown>) => Promise<string>;

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'r1', alg: 'RS256' }] };
    const logout = { backchannel: {}, global_revocation: {}, events: { types: ['session-revoked'] } };
    const entry = { issuer, audience: CLIENT_ID, jwks, auth_time: 'iat', logout };
    api = await startLocalServer({ PROVIDER_ORDERS: 'true', LATCHKEY_TRUSTED_ISSUERS: JSON.stringify([entry]) });
    sign = (typ, claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'r1', typ })
        .setIssuer(issuer)
        .setAudience(CLIENT_ID)
        .setIssuedAt()
        .setJti(crypto.randomUUID())
        .sign(privateKey);
  });

  afterAll(() => api?.stop());

  /** A session of a new user. */
  async function session(sub: string, sid: string): Promise<string> {
    const exp = Math.floor(Date.now() / 1_000) + 60;
    return signIn(api, await sign('JWT', { sub, sid, exp }));
  }

  test.each([
    ['sub', (user: string) => ({ sub: user })],
    ['sid', (user: string) => ({ sid: `of-${user}` })],
    ['sub and sid', (user: string) => ({ sub: user, sid: `of-${user}` })],
  ])('a logout token with %s ends the session', async (name, subject) => {
    const user = `user with ${name}`;
    const refreshToken = await session(user, `of-${user}`);
    const body = new URLSearchParams({ logout_token: await sign('logout+jwt', { ...subject(user), events: { [LOGOUT_EVENT]: {} } }) });
    const response = await fetch(`${api.issuer}/backchannel-logout`, { method: 'POST', body });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await stateOf(api, refreshToken)).toBe('provider');
  });

  test('a global token revocation ends the sessions of its user', async () => {
    const refreshToken = await session('carol', 's1');
    const credential = await sign('global-token-revocation+jwt', { exp: Math.floor(Date.now() / 1_000) + 60 });
    const response = await fetch(`${api.issuer}/global-token-revocation`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sub_id: { format: 'iss_sub', iss: issuer, sub: 'carol' } }),
    });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await stateOf(api, refreshToken)).toBe('provider');
  });

  test('a security event token ends the session that it names', async () => {
    const [named, other] = [await session('dave', 's2'), await session('dave', 's3')];
    const token = await sign('secevent+jwt', {
      sub_id: { format: 'complex', session: { format: 'opaque', id: 's2' }, user: { format: 'iss_sub', iss: issuer, sub: 'dave' } },
      events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': { initiating_entity: 'policy' } },
    });
    const headers = { 'content-type': 'application/secevent+jwt', accept: 'application/json' };
    const response = await fetch(`${api.issuer}/ssf/events`, { method: 'POST', headers, body: token });
    expect([response.status, await response.text()]).toEqual([202, '']);
    expect([await stateOf(api, named), await stateOf(api, other)]).toEqual(['provider', 'alive']);
  });
});
