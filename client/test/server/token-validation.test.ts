import { beforeAll, describe, expect, test } from 'vitest';
import { authOf, createTokenValidationMiddleware, type RefusedRequest, type TokenValidationOptions } from '../../src/server/index.js';
import { setSeconds, useMovableClock } from './support/clock.js';
import { AUDIENCE, ISSUER, makeKey, mint, network, NOW, SESSION, unreachable, type Key } from './support/issuer.js';

useMovableClock();

const ACCESS = '__Host-latchkey_access';
const REFRESH = '__Host-latchkey_refresh';

let key: Key;
let token: string;
let bad: string;
let options: TokenValidationOptions;

beforeAll(async () => {
  key = await makeKey('ES256');
  token = await mint(key);
  bad = await mint(key, { aud: 'other' });
  options = { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.jwk] } };
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Calls a guarded route, which responds with its `auth`. */
async function ask(headers: HeadersInit, changes: Partial<TokenValidationOptions> = {}, method = 'GET', url = 'https://app.example.com/orders'): Promise<Answer> {
  const guard = createTokenValidationMiddleware({ ...options, ...changes });
  const route = guard.handler((request) => Response.json(request.auth));
  const response = await route(new Request(url, { method, headers }));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const bearer = (value: string): HeadersInit => ({ authorization: `Bearer ${value}` });
const cookie = (...pairs: string[]): HeadersInit => ({ cookie: pairs.join('; ') });
const alice = { userId: 'alice', sessionId: SESSION, scope: 'orders:read orders:write' };

describe('a request with one valid token', () => {
  test('passes, in the header or in the cookie', async () => {
    expect(await ask(bearer(token))).toMatchObject({ status: 200, body: alice });
    expect(await ask({ authorization: `bearer  ${token}` })).toMatchObject({ status: 200 });
    expect(await ask(cookie('a=b', `${ACCESS}=${token}`, 'c'))).toMatchObject({ status: 200, body: alice });
  });

  test('has auth, and authOf rejects other requests', async () => {
    const guard = createTokenValidationMiddleware(options);
    const request = new Request('https://app.example.com/', { headers: bearer(token) });
    await guard.handler((inner) => {
      expect(authOf(inner)).toEqual(alice);
      expect(Object.isFrozen(inner.auth)).toBe(true);
      return new Response();
    })(request);
    const claimed = Object.assign(new Request('https://app.example.com/'), { auth: alice });
    expect(() => authOf(claimed)).toThrow(TypeError);
  });

  test('passes further arguments to the handler', async () => {
    const route = createTokenValidationMiddleware(options).handler(
      async (request, { params }: { params: Promise<{ id: string }> }) =>
        new Response(`${request.auth.userId} ${(await params).id}`),
    );
    const request = new Request('https://app.example.com/', { headers: bearer(token) });
    expect(await (await route(request, { params: Promise.resolve({ id: '7' }) })).text()).toBe('alice 7');
  });
});

describe('a request without a valid token', () => {
  test('gets the same response as from the API', async () => {
    const { status, headers, body } = await ask({});
    expect(status).toBe(401);
    expect(body).toEqual({
      type: 'https://latchkey.dev/problems/token-missing',
      title: 'Missing token',
      status: 401,
      code: 'token_missing',
      detail: 'Missing token',
      request_id: headers.get('x-request-id'),
    });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'www-authenticate': 'Bearer',
    });
  });

  test('gets token_expired or invalid_token, and no further reason', async () => {
    const invalid = await ask(bearer(bad));
    expect(invalid).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(invalid.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(JSON.stringify(invalid.body)).not.toContain('audience');
    setSeconds(NOW + 3600);
    const expired = await ask(bearer(token));
    expect(expired).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(expired.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  test('with only a refresh cookie gets token_expired, so that it refreshes', async () => {
    expect(await ask(cookie(`${REFRESH}=x`))).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(await ask(cookie(`${REFRESH}=`))).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  });

  test('never reaches the handler', async () => {
    const route = createTokenValidationMiddleware(options).handler(() => expect.fail('it was called'));
    for (const headers of [{}, bearer(bad), cookie(`${ACCESS}=${bad}`)]) {
      expect((await route(new Request('https://app.example.com/', { headers }))).status).toBe(401);
    }
  });
});

describe('one credential per request', () => {
  test('an invalid header is not replaced by a valid cookie', async () => {
    const good = `${ACCESS}=${token}`;
    const malformed = ['Bearer', 'Bearer ', `Bearer${token}`, `Bearer\t${token}`, `Bearer ${token} x`, token, '', 'DPoP', `DPoP ${token}`];
    for (const authorization of [`Bearer ${bad}`, ...malformed]) {
      expect(await ask({ authorization, cookie: good }), authorization.slice(0, 9)).toMatchObject({
        status: 401,
        body: { code: 'invalid_token' },
      });
    }
  });

  test('another scheme than Bearer is no credential, and the cookie counts', async () => {
    const schemes = ['Basic YTpi', 'basic  YTpi', 'Digest username="a", realm="b, Bearer c", uri="/"', 'Negotiate YII=', 'NTLM TlRM', 'AWS4-HMAC-SHA256 Credential=a, Signature=b', 'Token abc', 'Basic YTpi, Digest a="b"'];
    for (const authorization of schemes) {
      expect(await ask({ authorization, ...cookie(`${ACCESS}=${token}`) }), authorization).toMatchObject({ status: 200, body: alice });
      expect(await ask({ authorization }), authorization).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      const foreign = { authorization, ...cookie(`${ACCESS}=${token}`), 'sec-fetch-site': 'cross-site' };
      expect(await ask(foreign, {}, 'POST'), authorization).toMatchObject({ status: 403 });
    }
  });

  test('another scheme next to Bearer is refused', async () => {
    for (const other of ['Basic YTpi', 'Digest a="b"']) {
      for (const authorization of [`${other}, Bearer ${token}`, `Bearer ${token}, ${other}`, `${other},bearer ${token}`, `${other}, DPoP x`]) {
        const sent = { authorization, ...cookie(`${ACCESS}=${token}`) };
        expect(await ask(sent), authorization.slice(0, 20)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
      }
    }
  });

  test('the header takes precedence over the cookie', async () => {
    expect(await ask({ ...bearer(token), cookie: `${ACCESS}=${bad}` })).toMatchObject({ status: 200 });
    expect(await ask({ ...bearer(token), cookie: `${ACCESS}=a; ${ACCESS}=b` })).toMatchObject({ status: 200 });
  });

  test('two headers are refused', async () => {
    const headers = new Headers(bearer(token));
    headers.append('authorization', `Bearer ${token}`);
    expect(await ask(headers)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(await ask({ authorization: `Bearer ${token} ${token}` })).toMatchObject({ status: 401 });
  });

  test('two cookies of one name are refused, even if one is valid', async () => {
    for (const pairs of [[token, bad], [bad, token], [token, token], ['', token]]) {
      const answer = await ask(cookie(...pairs.map((value) => `${ACCESS}=${value}`)));
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', field: 'cookie', detail: `cookie: ${ACCESS} was sent twice` },
      });
    }
    expect(await ask(cookie(`${REFRESH}=a`, `${REFRESH}=b`))).toMatchObject({ status: 400 });
  });

  test('a cookie name within the value of another cookie is ignored', async () => {
    const inside = [`theme=dark, ${ACCESS}=${token}`, `x${ACCESS}=${token}`, `theme="; ${ACCESS} =${token}"`];
    for (const line of inside) {
      expect(await ask({ cookie: line }), line.slice(0, 9)).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    }
  });

  test('the name without __Host- counts only with cookieSecure: false', async () => {
    const plain = cookie(`latchkey_access=${token}`);
    expect(await ask(plain)).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    expect(await ask(plain, { cookieSecure: false })).toMatchObject({ status: 200 });
    expect(await ask(cookie(`${ACCESS}=${token}`), { cookieSecure: false })).toMatchObject({ status: 401 });
  });
});

describe('a cookie with an unsafe method', () => {
  const app = 'https://shop.example.com';
  const post = (headers: Record<string, string>) =>
    ask({ ...cookie(`${ACCESS}=${token}`), ...headers }, { allowedOrigins: [app] }, 'POST');

  test("must come from the app's own page or an allowed origin", async () => {
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: app }, { 'sec-fetch-site': 'same-site', origin: app }]) {
      expect(await post(headers as Record<string, string>)).toMatchObject({ status: 200 });
    }
    const theirs: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${app}.evil.example` },
      { origin: 'http://shop.example.com' },
      { origin: `${app}, https://evil.example` },
    ];
    for (const headers of theirs) {
      expect(await post(headers), JSON.stringify(headers)).toMatchObject({ status: 403, body: { code: 'csrf_rejected' } });
    }
  });

  test("may come from the request's own host, by Origin alone", async () => {
    const own = 'https://app.example.com';
    const cases: [origin: string, host: string | undefined, status: number][] = [
      [own, undefined, 200],
      [own, 'app.example.com', 200],
      [own, 'APP.example.com:443', 200],
      ['https://app.example.com:8443', 'app.example.com:8443', 200],
      ['http://app.example.com', 'app.example.com', 403],
      [own, 'app.example.com:8443', 403],
      ['https://app.example.com:8443', 'app.example.com', 403],
      [own, 'evil.example', 403],
      ['https://evil.example', 'app.example.com', 403],
      ['https://evil.example', 'evil.example/app.example.com', 403],
      ['https://evil.example', 'app.example.com@evil.example', 403],
      ['null', 'app.example.com', 403],
      ['', '', 403],
    ];
    for (const [origin, host, status] of cases) {
      const sent = { ...cookie(`${ACCESS}=${token}`), origin, ...(host !== undefined && { host }) };
      // Behind a proxy the URL has an internal name.
      const url = host === undefined ? 'https://app.example.com/orders' : 'http://localhost:3000/orders';
      expect(await ask(sent, {}, 'POST', url), `${origin} to ${host}`).toMatchObject({ status });
      for (const site of ['cross-site', 'same-site', 'none']) {
        expect(await ask({ ...sent, 'sec-fetch-site': site }, {}, 'POST', url), `${site} ${origin}`).toMatchObject({ status: 403 });
      }
    }
    const laptop = { ...cookie(`latchkey_access=${token}`), host: '127.0.0.1:3000' };
    for (const [origin, status] of [['http://127.0.0.1:3000', 200], ['http://127.0.0.1:3001', 403], ['http://localhost:3000', 403]] as const) {
      expect(await ask({ ...laptop, origin }, { cookieSecure: false }, 'POST'), origin).toMatchObject({ status });
    }
  });

  test('takes allowedOrigins with a default port, and refuses other entries', async () => {
    for (const entry of [`${app}:443`, `${app}/`, 'HTTPS://Shop.Example.COM']) {
      const sent = { ...cookie(`${ACCESS}=${token}`), origin: app };
      expect(await ask(sent, { allowedOrigins: [entry] }, 'POST'), entry).toMatchObject({ status: 200 });
    }
    for (const entry of ['shop.example.com', '*', 'null', '', `${app}/path`, `${app}?x`, 'https://a:b@shop.example.com', 'ftp://shop.example.com']) {
      expect(() => createTokenValidationMiddleware({ ...options, allowedOrigins: [entry] }), entry).toThrow(/allowedOrigins/);
    }
  });

  test('is checked for every method but the safe ones', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']) {
      expect(await ask(cookie(`${ACCESS}=${token}`), {}, method), method).toMatchObject({ status: 403 });
      expect(await ask(bearer(token), {}, method), method).toMatchObject({ status: 200 });
    }
    expect(await ask(cookie(`${ACCESS}=${token}`), {}, 'OPTIONS')).toMatchObject({ status: 200 });
  });
});

describe('scope', () => {
  test('must contain every required scope, as a whole word', async () => {
    expect(await ask(bearer(token), { scope: 'orders:write orders:read' })).toMatchObject({ status: 200 });
    for (const scope of ['orders', 'orders:read orders:delete', 'latchkey:admin']) {
      expect(await ask(bearer(token), { scope }), scope).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    const { headers, body } = await ask(bearer(token), { scope: 'orders:read latchkey:admin' });
    expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="latchkey:admin"');
    expect(body).toMatchObject({ detail: 'requires the scope latchkey:admin' });
  });

  test('rejects an option that is not valid', () => {
    for (const scope of ['a"b', 'a\\b', ' a', 'a  b', 'a\nb']) {
      expect(() => createTokenValidationMiddleware({ ...options, scope })).toThrow(TypeError);
    }
  });
});

describe('a check that is not possible', () => {
  test('is 503 without keys', async () => {
    const { status, headers, body } = await ask(bearer(token), { jwks: undefined, fetch: network(unreachable).fetch });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('2');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(body).toMatchObject({ code: 'store_unavailable', retry_after: 2 });
  });

  test('throws at once if an option is missing', () => {
    for (const name of ['issuer', 'audience']) {
      expect(() => createTokenValidationMiddleware({ ...options, [name]: undefined } as TokenValidationOptions)).toThrow(TypeError);
    }
  });
});

describe('the log', () => {
  test('gets the reason once, and never a token', async () => {
    const refused: RefusedRequest[] = [];
    const { headers } = await ask(bearer(bad), { onRefused: (refusal) => refused.push(refusal) });
    expect(refused).toMatchObject([
      { code: 'invalid_token', status: 401, requestId: headers.get('x-request-id'), cause: { reason: 'audience' } },
    ]);
    const cause = refused[0]?.cause as Error;
    for (const part of bad.split('.')) expect(`${cause.stack} ${JSON.stringify(refused)}`).not.toContain(part);
  });

  test('gets nothing for a request that passes', async () => {
    await ask(bearer(token), { onRefused: () => expect.fail('it was called') });
  });
});
