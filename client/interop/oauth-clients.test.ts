/** OAuth and JWT libraries for JavaScript, as their documentation uses them, against the real server. */

import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { IDBFactory } from 'fake-indexeddb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLatchkey, fetchOf, headerMode } from '../src/core/index.js';
import { createTokenValidationMiddleware } from '../src/server/index.js';
import { makeKeyHolder } from '../test/server/support/dpop.js';
import { startLocalServer, type LocalServer } from '../test/server/support/local-server.js';
import { badTokens, LOCAL_AUDIENCE, type BadToken } from './support/tokens.js';

let api: LocalServer;
let bad: readonly BadToken[];

beforeAll(async () => {
  api = await startLocalServer();
  bad = await badTokens(api);
});

afterAll(() => api?.stop());

/** The assertion of a backend that may introspect the tokens of all users. */
async function backend(): Promise<string> {
  const { assertion } = await api.post('/dev/assertion', { sub: 'backend', scope: 'latchkey:introspect' });
  return String(assertion);
}

/** Signs in with a proof of a library's key, which binds the session to it. */
async function signInWith(keyPair: CryptoKeyPair): ReturnType<LocalServer['signIn']> {
  const { prove } = await makeKeyHolder(keyPair);
  return api.signIn('erin', undefined, await prove('POST', `${api.issuer}/login`));
}

/** Client authentication with a Bearer token, which the libraries leave to a function of the app. */
const bearer = (token: string): client.ClientAuth => (_server, _client, _body, headers) => headers.set('authorization', `Bearer ${token}`);

/** Fails with the name of a token that passed. */
async function refusesAll(verify: (token: string) => Promise<unknown>): Promise<void> {
  expect(bad.length).toBeGreaterThan(10);
  for (const { name, token } of bad) {
    await expect(verify(token), name).rejects.toThrow();
  }
}

/** OpenID Connect appends the well-known path to the issuer, RFC 8414 inserts it before the issuer's path. */
const ALGORITHMS = ['oidc', 'oauth2'] as const;

describe.each(ALGORITHMS)('openid-client, with the metadata of %s', (algorithm) => {
  // The server has plain HTTP on loopback, which the library allows only on request.
  const options = { execute: [client.allowInsecureRequests], algorithm };
  const discover = (authentication = client.None()): Promise<client.Configuration> =>
    client.discovery(new URL(api.issuer), LOCAL_AUDIENCE, undefined, authentication, options);

  test('discovers every endpoint', async () => {
    const metadata = (await discover()).serverMetadata();
    expect(metadata).toMatchObject({
      issuer: api.issuer,
      token_endpoint: `${api.issuer}/refresh`,
      revocation_endpoint: `${api.issuer}/revoke`,
      introspection_endpoint: `${api.issuer}/introspect`,
      jwks_uri: `${api.issuer}/.well-known/jwks.json`,
    });
  });

  test('refreshes, and uses the new access token', async () => {
    const config = await discover();
    const { refreshToken, sessionId } = await api.signIn('bob', 'latchkey:admin');
    const tokens = await client.refreshTokenGrant(config, refreshToken);
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'latchkey:admin' });
    expect(tokens.expiresIn()).toBeGreaterThan(3_500);
    const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(again.refresh_token).not.toBe(tokens.refresh_token);
    const response = await client.fetchProtectedResource(config, again.access_token, new URL(`${api.issuer}/sessions/${sessionId}`), 'GET');
    expect(await response.json()).toMatchObject({ session_id: sessionId, is_current: true });
  });

  test.each(['no authentication', 'a secret by Basic', 'a secret in the form'])('a public client with %s refreshes and revokes', async (name) => {
    const authentication = { 'a secret by Basic': client.ClientSecretBasic('x'), 'a secret in the form': client.ClientSecretPost('x') }[name];
    const config = await discover(authentication);
    const { refreshToken } = await api.signIn('bob');
    const tokens = await client.refreshTokenGrant(config, refreshToken);
    await client.tokenRevocation(config, tokens.refresh_token ?? '', { token_type_hint: 'refresh_token' });
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test('refreshes a session that is bound to its key, and no other key does', async () => {
    const config = await discover();
    const [own, other] = [await client.randomDPoPKeyPair('ES256'), await client.randomDPoPKeyPair('ES256')];
    const { refreshToken, sessionId } = await signInWith(own);
    const DPoP = client.getDPoPHandle(config, own);
    const tokens = await client.refreshTokenGrant(config, refreshToken, undefined, { DPoP });
    const again = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP });
    const stolen = client.refreshTokenGrant(config, again.refresh_token ?? '', undefined, { DPoP: client.getDPoPHandle(config, other) });
    await expect(stolen).rejects.toMatchObject({ status: 400, error: 'invalid_dpop_proof' });
    await expect(client.refreshTokenGrant(config, again.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_dpop_proof' });
    const last = await client.refreshTokenGrant(config, again.refresh_token ?? '', undefined, { DPoP });
    expect(last.token_type).toBe('dpop');
    const url = new URL(`${api.issuer}/sessions/${sessionId}`);
    const response = await client.fetchProtectedResource(config, last.access_token, url, 'GET', undefined, undefined, { DPoP });
    expect(await response.json()).toMatchObject({ session_id: sessionId, is_current: true, binding: 'dpop' });
    await expect(client.fetchProtectedResource(config, last.access_token, url, 'GET')).rejects.toBeInstanceOf(client.WWWAuthenticateChallengeError);
  });

  test('reports invalid_grant for every refresh token that is not accepted', async () => {
    const config = await discover();
    const { accessToken, refreshToken } = await api.signIn('bob');
    const [head = ''] = refreshToken.split('.');
    for (const token of ['x', head, `${refreshToken}x`, accessToken]) {
      await expect(client.refreshTokenGrant(config, token), token).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
    }
    expect(await client.refreshTokenGrant(config, refreshToken)).toHaveProperty('access_token');
  });

  test('revokes by the access token, and accepts unknown tokens', async () => {
    const config = await discover();
    const { accessToken, refreshToken } = await api.signIn('bob');
    await client.tokenRevocation(config, 'unknown');
    await client.tokenRevocation(config, accessToken, { token_type_hint: 'access_token' });
    await expect(client.refreshTokenGrant(config, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
    const used = client.fetchProtectedResource(config, accessToken, new URL(`${api.issuer}/sessions`), 'GET');
    await expect(used).rejects.toBeInstanceOf(client.WWWAuthenticateChallengeError);
  });

  test('introspects as a backend, and as the holder of the token', async () => {
    const { accessToken, sessionId } = await api.signIn('bob', 'latchkey:admin');
    const [asBackend, asHolder] = [await discover(bearer(await backend())), await discover(bearer(accessToken))];
    const active = { active: true, sub: 'bob', sid: sessionId, scope: 'latchkey:admin', token_type: 'Bearer', iss: api.issuer };
    expect(await client.tokenIntrospection(asBackend, accessToken)).toMatchObject(active);
    expect(await client.tokenIntrospection(asHolder, accessToken)).toMatchObject(active);
    for (const { name, token } of bad) expect(await client.tokenIntrospection(asBackend, token), name).toEqual({ active: false });
    await client.tokenRevocation(asHolder, accessToken);
    expect(await client.tokenIntrospection(asBackend, accessToken)).toEqual({ active: false });
  });

  test('does not introspect without a credential', async () => {
    const { accessToken } = await api.signIn('bob');
    await expect(client.tokenIntrospection(await discover(), accessToken)).rejects.toBeInstanceOf(client.WWWAuthenticateChallengeError);
  });
});

describe.each(ALGORITHMS)('oauth4webapi, with the metadata of %s', (algorithm) => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const app: oauth.Client = { client_id: LOCAL_AUDIENCE };
  const none = oauth.None();

  async function discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(api.issuer);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...insecure }));
  }
  async function refresh(server: oauth.AuthorizationServer, token: string): Promise<oauth.TokenEndpointResponse> {
    return oauth.processRefreshTokenResponse(server, app, await oauth.refreshTokenGrantRequest(server, app, none, token, insecure));
  }
  async function introspect(server: oauth.AuthorizationServer, caller: string, token: string): Promise<oauth.IntrospectionResponse> {
    const response = await oauth.introspectionRequest(server, app, bearer(caller), token, insecure);
    return oauth.processIntrospectionResponse(server, app, response);
  }
  const validate = (server: oauth.AuthorizationServer, token: string, audience = LOCAL_AUDIENCE): Promise<oauth.JWTAccessTokenClaims> =>
    oauth.validateJwtAccessToken(server, new Request('http://orders.example/', { headers: { authorization: `Bearer ${token}` } }), audience, insecure);

  test('validates access tokens as RFC 9068 defines them', async () => {
    const server = await discover();
    const { accessToken, sessionId } = await api.signIn('carol', 'latchkey:admin');
    const claims = { iss: api.issuer, sub: 'carol', sid: sessionId, client_id: LOCAL_AUDIENCE, scope: 'latchkey:admin' };
    expect(await validate(server, accessToken)).toMatchObject(claims);
    expect(await validate(server, (await api.signIn('carol')).accessToken)).not.toHaveProperty('scope');
  });

  test('refuses tampered, expired and foreign tokens', async () => {
    const server = await discover();
    await refusesAll((token) => validate(server, token));
    const { accessToken } = await api.signIn('carol');
    await expect(validate(server, accessToken, 'another-audience')).rejects.toThrow('aud');
  });

  test('refreshes, and reports invalid_grant', async () => {
    const server = await discover();
    const { refreshToken } = await api.signIn('carol');
    const tokens = await refresh(server, refreshToken);
    expect(await validate(server, tokens.access_token)).toMatchObject({ sub: 'carol' });
    for (const token of ['x', tokens.access_token]) {
      await expect(refresh(server, token)).rejects.toMatchObject({ name: 'ResponseBodyError', status: 400, error: 'invalid_grant' });
    }
  });

  test('refreshes a session that is bound to its key, with the nonce of the first response', async () => {
    const server = await discover();
    expect(server.dpop_signing_alg_values_supported).toEqual(['ES256']);
    const own = await oauth.generateKeyPair('ES256');
    const { refreshToken } = await signInWith(own);
    const DPoP = oauth.DPoP(app, own);
    const send = async (token: string): Promise<oauth.TokenEndpointResponse> =>
      oauth.processRefreshTokenResponse(server, app, await oauth.refreshTokenGrantRequest(server, app, none, token, { DPoP, ...insecure }));
    const refused: unknown = await send(refreshToken).catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(refused)).toBe(true);
    const tokens = await send(refreshToken);
    expect(await send(tokens.refresh_token ?? '')).toHaveProperty('access_token');
  });

  test('verifies the requests of our client, with its proofs', async () => {
    vi.stubGlobal('indexedDB', new IDBFactory());
    const sent: Request[] = [];
    const latchkey = createLatchkey({
      baseUrl: api.issuer,
      mode: headerMode({ apiOrigins: ['http://orders.example'] }),
      binding: 'require',
      fetch: async (input, init) => (String(input).startsWith('http://orders.example') ? (sent.push(new Request(input, init)), new Response('')) : fetch(input, init)),
    });
    try {
      const { assertion } = await api.post('/dev/assertion', { sub: 'fred' });
      await latchkey.signIn(String(assertion));
      await fetchOf(latchkey)('http://orders.example/orders?page=2', { method: 'POST', body: '{}' });
      const [request] = sent;
      expect(request?.headers.get('authorization')).toMatch(/^DPoP /);
      const claims = await oauth.validateJwtAccessToken(await discover(), request as Request, LOCAL_AUDIENCE, insecure);
      expect(claims).toMatchObject({ sub: 'fred', cnf: { jkt: expect.any(String) as string } });
    } finally {
      latchkey.dispose();
      vi.unstubAllGlobals();
    }
  });

  test('sends requests that our guard accepts once, and no other guard does', async () => {
    const own = await oauth.generateKeyPair('ES256');
    const { accessToken } = await signInWith(own);
    const guarded = (publicUrls: string[]): ((request: Request) => Promise<Response>) =>
      createTokenValidationMiddleware({ issuer: api.issuer, audience: LOCAL_AUDIENCE, publicUrls }).handler((request) => Response.json(request.auth));
    const guard = guarded(['http://orders.example']);
    let sent: Request | undefined;
    const DPoP = oauth.DPoP(app, own);
    const customFetch = async (url: string, init: oauth.CustomFetchOptions<'POST', unknown>): Promise<Response> => guard((sent = new Request(url, init as RequestInit)).clone());
    const response = await oauth.protectedResourceRequest(accessToken, 'POST', new URL('http://orders.example/orders'), undefined, '{}', {
      DPoP,
      [oauth.customFetch]: customFetch as never,
      ...insecure,
    });
    expect(await response.json()).toMatchObject({ userId: 'erin' });
    const [again, elsewhere] = [await guard((sent as Request).clone()), await guarded(['http://other.example'])((sent as Request).clone())];
    expect([again.status, elsewhere.status]).toEqual([401, 401]);
  });

  test('revokes and introspects', async () => {
    const server = await discover();
    const { accessToken, refreshToken, sessionId } = await api.signIn('carol');
    const active = { active: true, sub: 'carol', sid: sessionId };
    expect(await introspect(server, accessToken, accessToken)).toMatchObject(active);
    expect(await introspect(server, await backend(), accessToken)).toMatchObject(active);
    await oauth.processRevocationResponse(await oauth.revocationRequest(server, app, none, refreshToken, insecure));
    expect(await introspect(server, await backend(), accessToken)).toEqual({ active: false });
    await expect(refresh(server, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('a backend without the scope may not introspect', async () => {
    const server = await discover();
    const { assertion } = await api.post('/dev/assertion', { sub: 'backend' });
    const refused = introspect(server, String(assertion), (await api.signIn('carol')).accessToken);
    await expect(refused).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
  });
});

describe('jose', () => {
  const verifier = (): ((token: string, audience?: string) => ReturnType<typeof jwtVerify>) => {
    const keys = createRemoteJWKSet(new URL(`${api.issuer}/.well-known/jwks.json`));
    return (token, audience = LOCAL_AUDIENCE) => jwtVerify(token, keys, { issuer: api.issuer, audience, typ: 'at+jwt', requiredClaims: ['sub', 'sid'] });
  };

  test('verifies access tokens with the published keys', async () => {
    const { accessToken, sessionId } = await api.signIn('dora');
    const { payload, protectedHeader } = await verifier()(accessToken);
    expect(payload).toMatchObject({ sub: 'dora', sid: sessionId, iss: api.issuer, aud: LOCAL_AUDIENCE });
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', kid: expect.any(String) as string });
  });

  test('refuses tampered, expired and foreign tokens', async () => {
    await refusesAll((token) => verifier()(token));
    const { accessToken } = await api.signIn('dora');
    await expect(verifier()(accessToken, 'another-audience')).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' });
  });
});
