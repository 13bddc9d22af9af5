import express from 'express';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { authOf, createTokenValidationMiddleware, renewSession, verifyAccessToken, type TokenValidationOptions } from '../../src/server/index.js';
import { send, serve, type RawHeaders, type Reply, type Served } from './support/http.js';
import { LOCAL_AUDIENCE, startLocalServer, type LocalServer } from './support/local-server.js';

let api: LocalServer;
let offline: Served;
let strict: Served;

beforeAll(async () => {
  api = await startLocalServer();
  offline = await serveGuarded({});
  strict = await serveGuarded({ strict: true });
});

afterAll(async () => {
  await offline?.close();
  await strict?.close();
  await api?.stop();
});

afterEach(() => {
  vi.useRealTimers();
});

function optionsFor({ issuer }: LocalServer): TokenValidationOptions {
  return { issuer, audience: LOCAL_AUDIENCE, cookieSecure: false };
}

function serveGuarded(changes: Partial<TokenValidationOptions>, server = api): Promise<Served> {
  const app = express();
  app.use(createTokenValidationMiddleware({ ...optionsFor(server), ...changes }));
  app.use((request, response) => {
    response.json(authOf(request));
  });
  return serve(app);
}

const bearer = (token: string): RawHeaders => ['authorization', `Bearer ${token}`];

/** Moves only the verifier's clock. */
function aheadBy(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
}

describe('a token of the real server', () => {
  test('verifies offline, with the keys that the server publishes', async () => {
    const { accessToken, sessionId } = await api.signIn('alice');
    const claims = await verifyAccessToken(accessToken, optionsFor(api));
    expect(claims).toMatchObject({ iss: api.issuer, aud: LOCAL_AUDIENCE, sub: 'alice', sid: sessionId, scope: '' });
    expect(claims.exp - claims.iat).toBe(3600);
    await expect(verifyAccessToken(accessToken, { ...optionsFor(api), audience: 'shop' })).rejects.toMatchObject({ reason: 'audience' });
  });

  test.each(['ES256', 'EdDSA', 'RS256'])('verifies when it is signed with %s', async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const signing = { ...(await exportJWK(privateKey)), kid: 'one', alg, use: 'sig' };
    const refresh = { kty: 'oct', kid: 'two', k: Buffer.alloc(32, 7).toString('base64url') };
    const server = await startLocalServer({ LATCHKEY_KEYS: JSON.stringify({ keys: [signing, refresh] }) });
    try {
      const { accessToken } = await server.signIn('alice');
      await expect(verifyAccessToken(accessToken, optionsFor(server))).resolves.toMatchObject({ sub: 'alice' });
      await expect(verifyAccessToken(accessToken, optionsFor(api))).rejects.toMatchObject({ reason: 'no_key' });
    } finally {
      await server.stop();
    }
  });

  test('is the only accepted kind: a refresh token and an assertion are not', async () => {
    const { refreshToken } = await api.signIn('alice');
    const { assertion } = await api.post('/dev/assertion', { sub: 'alice' });
    for (const token of [refreshToken, String(assertion)]) {
      await expect(verifyAccessToken(token, optionsFor(api))).rejects.toMatchObject({ code: 'invalid_token' });
    }
  });

  test('is valid until the second it expires', async () => {
    const { accessToken } = await api.signIn('alice');
    const { exp } = await verifyAccessToken(accessToken, optionsFor(api));
    vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 - 1 });
    expect(await send(offline.port, '/', bearer(accessToken))).toMatchObject({ status: 200 });
    vi.setSystemTime(exp * 1000);
    expect(await send(offline.port, '/', bearer(accessToken))).toMatchObject({ status: 401, body: { code: 'token_expired' } });
  });

  test('is accepted if the server clock is 50 s ahead, but not with 70 s', async () => {
    const ahead = await startLocalServer();
    try {
      await ahead.advanceClock(50);
      const early = await ahead.signIn('alice');
      await expect(verifyAccessToken(early.accessToken, optionsFor(ahead))).resolves.toMatchObject({ sub: 'alice' });
      await ahead.advanceClock(20);
      const earlier = await ahead.signIn('alice');
      await expect(verifyAccessToken(earlier.accessToken, optionsFor(ahead))).rejects.toMatchObject({ reason: 'not_yet_valid' });
    } finally {
      await ahead.stop();
    }
  });

  test("in a cookie passes, and a POST with it must come from the app's page", async () => {
    const cookie = ['cookie', await api.signInWithCookies('alice')];
    expect(await send(strict.port, '/', cookie)).toMatchObject({ status: 200, body: { userId: 'alice' } });
    expect(await send(strict.port, '/', cookie, 'POST')).toMatchObject({ status: 403 });
    expect(await send(strict.port, '/', [...cookie, 'sec-fetch-site', 'same-origin'], 'POST')).toMatchObject({ status: 200 });
  });
});

describe('an app that follows the clock of the local server', () => {
  test('accepts new tokens and refuses expired ones after the clock has moved', async () => {
    const server = await startLocalServer();
    const clock = server.issuer.replace('/api/auth', '/dev/clock');
    const now = async (): Promise<number> => Date.parse(String(((await (await fetch(clock)).json()) as { now: string }).now));
    const follows = await serveGuarded({ now }, server);
    const ignores = await serveGuarded({}, server);
    try {
      const old = await server.signIn('alice');
      await server.advanceClock(3_700);
      const { accessToken } = await server.signIn('alice');
      expect(await send(follows.port, '/', bearer(accessToken))).toMatchObject({ status: 200 });
      expect(await send(follows.port, '/', bearer(old.accessToken))).toMatchObject({ status: 401, body: { code: 'token_expired' } });
      expect(await send(ignores.port, '/', bearer(accessToken))).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
      const cookie = await server.signInWithCookies('bob');
      await server.advanceClock(3_700);
      const request = new Request('http://app.example.com/', { headers: { cookie } });
      const renewed = await renewSession(request, { ...optionsFor(server), now });
      expect(renewed).toMatchObject({ state: 'signed-in', auth: { userId: 'bob' } });
      expect(renewed.setCookies).toHaveLength(2);
    } finally {
      await follows.close();
      await ignores.close();
      await server.stop();
    }
  });
});

describe('a session that was ended', () => {
  test('is refused at once by strict, and passes offline until the expiry', async () => {
    const { accessToken, sessionId } = await api.signIn('bob');
    const ask = (to: Served): Promise<Reply> => send(to.port, '/', bearer(accessToken));
    const signedIn = { status: 200, body: { userId: 'bob', sessionId, scope: '' } };
    expect(await ask(strict)).toMatchObject(signedIn);
    await api.post('/api/auth/revoke', { strategy: 'current' }, accessToken);
    expect(await ask(strict)).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(await ask(offline)).toMatchObject(signedIn);
  });

  test('is refused if another device ended it, and that device goes on', async () => {
    const [lost, kept] = [await api.signIn('carol'), await api.signIn('carol')];
    await api.post('/api/auth/revoke', { strategy: 'others' }, kept.accessToken);
    expect(await send(strict.port, '/', bearer(lost.accessToken))).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(await send(strict.port, '/', bearer(kept.accessToken))).toMatchObject({ status: 200 });
  });

  test('is refused by the feed within 10 seconds, and no other session is', async () => {
    const server = await startLocalServer();
    const guarded = await serveGuarded({ feed: { whenStale: 'refuse' } }, server);
    try {
      const [lost, kept] = [await server.signIn('carol'), await server.signIn('carol')];
      const ask = async ({ accessToken }: { accessToken: string }): Promise<Reply> => send(guarded.port, '/', bearer(accessToken));
      expect([(await ask(lost)).status, (await ask(kept)).status]).toEqual([200, 200]);
      await server.post('/api/auth/revoke', { strategy: 'others' }, kept.accessToken);
      // The copy of the guard is 9 seconds old, and that of the server, too.
      await server.advanceClock(9);
      aheadBy(9);
      expect(await ask(lost)).toMatchObject({ status: 401, body: { code: 'session_ended' } });
      expect(await ask(kept)).toMatchObject({ status: 200 });
      const feed = await (await fetch(`${server.issuer}/.well-known/revocations`)).text();
      expect(await ask({ accessToken: feed })).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
      await server.stop();
      aheadBy(30);
      expect(await ask(kept)).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
      expect(await ask(lost)).toMatchObject({ status: 401, body: { code: 'session_ended' } });
    } finally {
      await guarded.close();
      await server.stop();
    }
  });

  test('is not reported for a token that only expires, if the server is ahead', async () => {
    const server = await startLocalServer();
    const guarded = await serveGuarded({ strict: true }, server);
    try {
      const { accessToken } = await server.signIn('dave');
      await server.advanceClock(3600);
      aheadBy(3570);
      expect(await send(guarded.port, '/', bearer(accessToken))).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    } finally {
      await guarded.close();
      await server.stop();
    }
  });
});

describe('an outage', () => {
  test('of the store is 503, and the session goes on afterwards', async () => {
    const { accessToken } = await api.signIn('erin');
    await api.failStore(100);
    const down = await send(strict.port, '/', bearer(accessToken));
    await api.failStore(0);
    expect(down).toMatchObject({ status: 503, body: { code: 'store_unavailable' }, headers: { 'retry-after': '2' } });
    expect(await send(strict.port, '/', bearer(accessToken))).toMatchObject({ status: 200 });
  });

  test('of the server is 503 with strict, and offline checks use the last keys', async () => {
    const server = await startLocalServer();
    const [asks, asksNot] = [await serveGuarded({ strict: true }, server), await serveGuarded({}, server)];
    try {
      const { accessToken } = await server.signIn('frank');
      const ask = async (to: Served): Promise<number> => (await send(to.port, '/', bearer(accessToken))).status;
      expect([await ask(asks), await ask(asksNot)]).toEqual([200, 200]);
      await server.stop();
      expect([await ask(asks), await ask(asksNot)]).toEqual([503, 200]);
    } finally {
      await asks.close();
      await asksNot.close();
      await server.stop();
    }
  });
});

describe('a refusal equals that of the API', () => {
  /** The parts of a response that a client may use. */
  function essence({ status, headers, body }: Reply): object {
    const { request_id: _, reason: __, ...problem } = body as Record<string, unknown>;
    const names = ['content-type', 'cache-control', 'x-content-type-options', 'www-authenticate', 'retry-after'];
    return { status, problem, headers: names.map((name) => [name, headers[name]]) };
  }

  async function expectSame(headers: RawHeaders, method = 'GET', to = offline): Promise<string> {
    const path = method === 'DELETE' ? '/api/auth/sessions?scope=others' : '/api/auth/sessions';
    const theirs = await send(api.port, path, headers, method);
    expect(essence(await send(to.port, '/', headers, method))).toEqual(essence(theirs));
    return String((theirs.body as Record<string, unknown>)['code']);
  }

  test('for every request without a valid token', async () => {
    const { accessToken, refreshToken } = await api.signIn('grace');
    const [head, payload, signature] = accessToken.split('.');
    const { access, refresh } = api.cookies;
    const cases: [code: string, headers: RawHeaders, method?: string][] = [
      ['token_missing', []],
      ['token_missing', ['authorization', 'Basic YTpi']],
      ['token_missing', ['cookie', `${access}=`]],
      ['token_missing', ['cookie', `__Host-${access}=${accessToken}`]],
      ['token_expired', ['cookie', `${refresh}=${refreshToken}`]],
      ['invalid_token', bearer('')],
      ['invalid_token', bearer('x')],
      ['invalid_token', bearer(`${head}.${payload}.`)],
      ['invalid_token', bearer(`${head}.${payload}.${signature?.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`)],
      ['invalid_token', bearer(`${accessToken}, ${accessToken}`)],
      ['invalid_token', [...bearer(accessToken), ...bearer(accessToken)]],
      ['invalid_token', ['authorization', accessToken]],
      ['invalid_token', ['cookie', `${access}=x`]],
      ['invalid_request', ['cookie', `${access}=${accessToken}; ${access}=x`]],
      ['invalid_request', ['cookie', `${access}=x`, 'cookie', `${access}=${accessToken}`]],
      ['invalid_request', ['cookie', `${refresh}=x; ${refresh}=y`]],
      ['csrf_rejected', ['cookie', `${access}=${accessToken}`], 'DELETE'],
      ['csrf_rejected', ['cookie', `${access}=${accessToken}`, 'origin', 'https://evil.example'], 'DELETE'],
    ];
    for (const [code, headers, method] of cases) expect(await expectSame(headers, method)).toBe(code);
  });

  test('for an expired token', async () => {
    const later = await api.signIn('heidi');
    await api.advanceClock(3600);
    aheadBy(3600);
    expect(await expectSame(bearer(later.accessToken))).toBe('token_expired');
  });
});
