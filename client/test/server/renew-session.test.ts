/** Renewal for server-rendered pages, with the real server as the API. */

import type { JSONWebKeySet } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { renewSession, type Fetch, type RenewalOptions, type RenewedSession } from '../../src/server/index.js';
import { makeKeyHolder } from './support/dpop.js';
import { LOCAL_AUDIENCE, startLocalServer, type LocalServer } from './support/local-server.js';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const SECRET = 'a-secret-of-this-test-only';
const RENEWAL_SECRET = 'a secret of the app, on all its servers';

let api: LocalServer;

beforeAll(async () => {
  api = await startLocalServer();
});

afterAll(() => api?.stop());

afterEach(() => {
  vi.useRealTimers();
});

/** A browser: it keeps cookies and sends its user agent. */
class Browser {
  cookies = new Map<string, string>();

  constructor(
    readonly server: LocalServer,
    readonly more: Record<string, string> = {},
  ) {}

  static async signedIn(sub: string, server = api, more: Record<string, string> = {}, proof: Record<string, string> = {}): Promise<Browser> {
    const browser = new Browser(server, more);
    const { assertion } = await json(await browser.post('/dev/assertion', { sub }));
    const response = await browser.post('/api/auth/login', { assertion }, proof);
    expect(response.status).toBe(201);
    browser.store(response);
    return browser;
  }

  post(path: string, body: object, more: Record<string, string> = {}): Promise<Response> {
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...this.headers(), ...more };
    return fetch(`http://127.0.0.1:${this.server.port}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  headers(): Record<string, string> {
    return { 'user-agent': CHROME, ...this.more, ...(this.cookies.size > 0 && { cookie: this.line() }) };
  }

  line(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** The request of a page. */
  page(more: Record<string, string> = {}): Request {
    return new Request('http://app.example.com/account', { headers: { ...this.headers(), ...more } });
  }

  store(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', value = ''] = pair.split('=');
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  /** The user's own events, newest first. */
  async events(): Promise<string[]> {
    const body = await json(await fetch(`${this.server.issuer}/sessions/events`, { headers: this.headers() }));
    return (body['events'] as { event_type: string }[]).map(({ event_type }) => event_type);
  }

  async sessions(): Promise<Record<string, unknown>[]> {
    const body = await json(await fetch(`${this.server.issuer}/sessions`, { headers: this.headers() }));
    return body['sessions'] as Record<string, unknown>[];
  }
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

interface Counted {
  readonly fetch: Fetch;
  /** The refreshes so far. */
  readonly refreshes: Headers[];
}

function counted(change: (url: string) => void = () => undefined): Counted {
  const refreshes: Headers[] = [];
  return {
    refreshes,
    fetch: (input, init) => {
      if (String(input).endsWith('/refresh')) {
        refreshes.push(new Headers(init?.headers));
        change(String(input));
      }
      return fetch(input, init);
    },
  };
}

const optionsFor = (server: LocalServer, changes: Partial<RenewalOptions> = {}): RenewalOptions => ({
  issuer: server.issuer,
  audience: LOCAL_AUDIENCE,
  cookieSecure: false,
  ...changes,
});

/** How far each server's clock is ahead. */
const ahead = new WeakMap<LocalServer, number>();

/** Moves the server's clock, and sets ours to the same time. */
async function advance(server: LocalServer, seconds: number): Promise<void> {
  await server.advanceClock(seconds);
  ahead.set(server, (ahead.get(server) ?? 0) + seconds);
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (ahead.get(server) ?? 0) * 1000 });
}

describe('an hour-old access cookie', () => {
  let server: LocalServer;
  beforeAll(async () => {
    server = await startLocalServer();
  });
  afterAll(() => server?.stop());

  test('is renewed, and the browser gets the new cookies', async () => {
    const browser = await Browser.signedIn('alice', server);
    const before = new Map(browser.cookies);
    await advance(server, 3_700);
    const net = counted();
    const request = browser.page({ cookie: `theme=dark; ${browser.line()}; x=1` });
    const session = await renewSession(request, optionsFor(server, { fetch: net.fetch }));
    expect(session).toMatchObject({ state: 'signed-in', auth: { userId: 'alice' } });
    expect(net.refreshes).toHaveLength(1);

    const response = session.apply(new Response('page'));
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    browser.store(response);
    expect([...browser.cookies.keys()]).toEqual([...before.keys()]);
    for (const [name, value] of browser.cookies) expect(value).not.toBe(before.get(name));
    expect(session.requestHeaders.get('cookie')).toBe(`theme=dark; x=1; ${browser.line()}`);
    expect(session.requestHeaders.get('user-agent')).toBe(CHROME);

    const again = await renewSession(browser.page(), optionsFor(server, { fetch: net.fetch }));
    expect(again).toMatchObject({ state: 'signed-in', auth: session.auth, setCookies: [] });
    expect(net.refreshes).toHaveLength(1);
    expect(await browser.sessions()).toMatchObject([{ browser: 'Chrome', os: 'Linux', is_current: true }]);
  });

  test('is renewed once for page loads at the same time', async () => {
    const browser = await Browser.signedIn('bob', server);
    await advance(server, 3_700);
    const net = counted();
    const load = () => renewSession(browser.page(), optionsFor(server, { fetch: net.fetch }));
    const sessions = await Promise.all([load(), load(), load(), load(), load()]);
    expect(net.refreshes).toHaveLength(1);
    expect(new Set(sessions.map(({ setCookies }) => setCookies.join())).size).toBe(1);
    expect(sessions.every(({ auth }) => auth?.userId === 'bob')).toBe(true);
  });

  test('is renewed once for page loads at several servers, and for a late one', async () => {
    const browser = await Browser.signedIn('carol', server);
    await advance(server, 3_700);
    const net = counted();
    // Each call has a `fetch` of its own, as each server has: nothing but the secret is shared.
    const load = () =>
      renewSession(browser.page(), optionsFor(server, { fetch: (input, init) => net.fetch(input, init), renewalSecret: RENEWAL_SECRET }));
    // Twice, because the server grants a late retry without a key only once in a row.
    for (const round of [1, 2]) {
      const sessions = await Promise.all([load(), load(), load()]);
      await advance(server, 120);
      const late = await load();
      const all = [...sessions, late];
      expect(all.map(({ state }) => state)).toEqual(['signed-in', 'signed-in', 'signed-in', 'signed-in']);
      const tokens = all.map(({ requestHeaders }) => /_refresh=([^;]*)/.exec(requestHeaders.get('cookie') ?? '')?.[1]);
      expect([new Set(tokens).size, tokens.includes(undefined)]).toEqual([1, false]);
      expect(net.refreshes.splice(0)).toHaveLength(4);
      browser.store(late.apply(new Response()));
      if (round === 1) await advance(server, 3_700);
    }
    expect(await browser.sessions()).toHaveLength(1);
    expect(await browser.events()).not.toContain('token_reused');
  });

  test('would be a theft to a late page load at a server with another secret', async () => {
    const browser = await Browser.signedIn('chris', server, { 'x-dev-source-ip': '203.0.113.5' });
    await advance(server, 3_700);
    const load = (secret: string) => renewSession(browser.page(), optionsFor(server, { renewalSecret: secret }));
    expect(await load(RENEWAL_SECRET)).toMatchObject({ state: 'signed-in' });
    await advance(server, 120);
    expect(await load(RENEWAL_SECRET)).toMatchObject({ state: 'signed-in' });
    // Once it is a late retry, because this device and this network have made the refresh, and then a theft.
    expect(await load('another secret of this test, also long')).toMatchObject({ state: 'signed-in' });
    browser.store((await load(RENEWAL_SECRET)).apply(new Response()));
    await advance(server, 3_700);
    expect(await load(RENEWAL_SECRET)).toMatchObject({ state: 'signed-in' });
    await advance(server, 120);
    expect(await load('another secret of this test, also long')).toMatchObject({ state: 'signed-out' });
  });

  test('is no hiding place for a thief that loads pages with the device of the browser', async () => {
    const browser = await Browser.signedIn('dave', server, { 'x-dev-source-ip': '203.0.113.5' });
    await advance(server, 3_700);
    const from = (address: string): RenewalOptions =>
      optionsFor(server, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, 'x-dev-source-ip': address } }) });
    expect(await renewSession(browser.page(), from('198.51.100.7'))).toMatchObject({ state: 'signed-in' });
    await advance(server, 601);
    expect(await renewSession(browser.page(), from('203.0.113.5'))).toMatchObject({ state: 'signed-out' });
    const next = await Browser.signedIn('dave', server);
    expect(await next.events()).toContain('token_reused');
  });

  test('is renewed with the device of the browser, and not with that of another', async () => {
    const browser = await Browser.signedIn('dora', server);
    await advance(server, 3_700);
    const net = counted();
    const options = optionsFor(server, { fetch: net.fetch });
    const thief = browser.page({ 'user-agent': 'curl/8.0' });
    const [own, other] = await Promise.all([renewSession(browser.page(), options), renewSession(thief, options)]);
    // Both requests are on their way at the same time, in either order.
    expect(new Set(net.refreshes.map((headers) => headers.get('user-agent')))).toEqual(new Set([CHROME, 'curl/8.0']));
    expect(net.refreshes).toHaveLength(2);
    expect([own.state, other.state]).toContain('signed-out');
  });

  test('without the refresh cookie stays for the browser to renew', async () => {
    const browser = await Browser.signedIn('erin', server);
    await advance(server, 3_700);
    browser.cookies.delete(server.cookies.refresh);
    const session = await renewSession(browser.page({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), optionsFor(server));
    expect(session).toMatchObject({ state: 'unknown', auth: null, setCookies: [] });
  });

  test('is not renewed for an image on a page of another site', async () => {
    const browser = await Browser.signedIn('frank', server);
    await advance(server, 3_700);
    const net = counted();
    const session = await renewSession(browser.page({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), optionsFor(server, { fetch: net.fetch }));
    expect(session.state).toBe('unknown');
    expect(net.refreshes).toEqual([]);
  });

  test('of an ended session is signed out, and the browser deletes its cookies', async () => {
    const browser = await Browser.signedIn('grace', server);
    const other = await Browser.signedIn('grace', server);
    expect((await other.post('/api/auth/revoke', { strategy: 'others' })).status).toBe(200);
    await advance(server, 3_700);
    const session = await renewSession(browser.page(), optionsFor(server));
    expect(session).toMatchObject({ state: 'signed-out', auth: null });
    browser.store(session.apply(Response.redirect('http://app.example.com/sign-in')));
    expect(browser.cookies.size).toBe(0);
    expect(session.requestHeaders.has('cookie')).toBe(false);
  });

  test('is unknown during an outage, and renewed afterwards', async () => {
    const browser = await Browser.signedIn('heidi', server);
    await advance(server, 3_700);
    await server.failStore(100);
    expect(await renewSession(browser.page(), optionsFor(server))).toMatchObject({ state: 'unknown', setCookies: [] });
    await server.failStore(0);
    expect(await renewSession(browser.page(), optionsFor(server))).toMatchObject({ state: 'signed-in' });
  });

  test('is renewed although the first answer was lost', async () => {
    const browser = await Browser.signedIn('ivan', server);
    await advance(server, 3_700);
    let lost = 0;
    const lossy: Fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (String(input).endsWith('/refresh') && lost++ === 0) throw new TypeError('fetch failed');
      return response;
    };
    const session = await renewSession(browser.page(), optionsFor(server, { fetch: lossy }));
    expect(session).toMatchObject({ state: 'signed-in', auth: { userId: 'ivan' } });
    browser.store(session.apply(new Response()));
    expect(await browser.sessions()).toHaveLength(1);
  });
});

describe('other requests', () => {
  test('with a valid token need no refresh, and without cookies are signed out', async () => {
    const net = counted();
    const options = optionsFor(api, { fetch: net.fetch });
    const browser = await Browser.signedIn('judy');
    expect(await renewSession(browser.page(), options)).toMatchObject({ state: 'signed-in', auth: { userId: 'judy' }, setCookies: [] });
    expect(await renewSession(new Browser(api).page(), options)).toMatchObject({ state: 'signed-out', auth: null });
    expect(net.refreshes).toEqual([]);
  });

  test('with a refresh cookie alone are renewed, and with a forged one signed out', async () => {
    const browser = await Browser.signedIn('kim');
    browser.cookies.delete(api.cookies.access);
    expect(await renewSession(browser.page(), optionsFor(api))).toMatchObject({ state: 'signed-in', auth: { userId: 'kim' } });
    browser.cookies.set(api.cookies.refresh, 'forged');
    expect(await renewSession(browser.page(), optionsFor(api))).toMatchObject({ state: 'signed-out', auth: null });
  });

  test('with two cookies of one name decide nothing and send nothing', async () => {
    const net = counted();
    const browser = await Browser.signedIn('leo');
    for (const name of Object.values(api.cookies)) {
      const cookie = `${browser.line()}; ${name}=planted`;
      expect(await renewSession(browser.page({ cookie }), optionsFor(api, { fetch: net.fetch }))).toMatchObject({ state: 'unknown', auth: null });
    }
    expect(net.refreshes).toEqual([]);
  });

  test('keep a valid token that is about to expire if the refresh fails', async () => {
    const server = await startLocalServer();
    try {
      const browser = await Browser.signedIn('mia', server);
      await advance(server, 3_570);
      const fails: Fetch = (input, init) =>
        String(input).endsWith('/refresh') ? Promise.resolve(new Response('<html>', { status: 401 })) : fetch(input, init);
      expect(await renewSession(browser.page(), optionsFor(server, { fetch: fails }))).toMatchObject({ state: 'signed-in', setCookies: [] });
      const renewed = await renewSession(browser.page(), optionsFor(server));
      expect(renewed.setCookies).toHaveLength(2);
    } finally {
      await server.stop();
    }
  });

  test('whose refresh was superseded are left to the browser, which has the newer cookie', async () => {
    const browser = await Browser.signedIn('quinn');
    browser.cookies.delete(api.cookies.access);
    const superseded: Fetch = (input, init) =>
      String(input).endsWith('/refresh')
        ? Promise.resolve(Response.json({ code: 'refresh_superseded' }, { status: 409, headers: { 'set-cookie': `${api.cookies.refresh}=` } }))
        : fetch(input, init);
    const session = await renewSession(browser.page(), optionsFor(api, { fetch: superseded }));
    expect(session).toMatchObject({ state: 'unknown', auth: null, setCookies: [] });
  });

  test('of a page of another site with POST are not signed in', async () => {
    const net = counted();
    const browser = await Browser.signedIn('pia');
    const post = (more: Record<string, string>): Promise<RenewedSession> => {
      const request = new Request('http://app.example.com/account', { method: 'POST', headers: { ...browser.headers(), ...more } });
      return renewSession(request, optionsFor(api, { fetch: net.fetch }));
    };
    for (const theirs of [{}, { 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      expect(await post(theirs as Record<string, string>)).toMatchObject({ state: 'unknown', auth: null });
    }
    for (const own of [{ 'sec-fetch-site': 'same-origin' }, { origin: 'http://app.example.com' }]) {
      expect(await post(own as Record<string, string>)).toMatchObject({ state: 'signed-in' });
    }
    expect(net.refreshes).toEqual([]);
  });

  test('reject options that are not valid', async () => {
    const page = new Browser(api).page();
    await expect(renewSession(page, optionsFor(api, { renewalSecret: 'short' }))).rejects.toThrow(TypeError);
    await expect(renewSession(page, optionsFor(api, { cookieSecure: true }))).rejects.toThrow('LATCHKEY_RENEWAL_SECRET');
    await expect(renewSession(page, optionsFor(api, { apiUrl: 'http://api.example.com' }))).rejects.toThrow(TypeError);
    await expect(renewSession(page, optionsFor(api, { audience: '' }))).rejects.toThrow(TypeError);
  });
});

describe('behind CloudFront', () => {
  test("the browser's address and place are passed on with the secret", async () => {
    const server = await startLocalServer({ CLOUDFRONT_ORIGIN_SECRET: SECRET });
    try {
      const place = { 'cloudfront-viewer-address': '198.51.100.7:46532', 'cloudfront-viewer-country': 'PT' };
      const edge = { 'x-latchkey-origin-secret': SECRET, ...place };
      const browser = await Browser.signedIn('nora', server, edge);
      // CloudFront would add the secret to the request for the keys.
      const jwks = (await json(await fetch(`${server.issuer}/.well-known/jwks.json`, { headers: edge }))) as unknown as JSONWebKeySet;
      await advance(server, 3_700);
      const page = (): Request => new Request('https://app.example.com/', { headers: { 'user-agent': CHROME, cookie: browser.line(), ...place } });
      expect((await renewSession(page(), optionsFor(server, { jwks }))).state).toBe('unknown');
      const session = await renewSession(page(), optionsFor(server, { jwks, originSecret: SECRET }));
      expect(session.state).toBe('signed-in');
      browser.store(session.apply(new Response()));
      expect(await browser.sessions()).toMatchObject([{ ip_address: '198.51.100.7', location: { country: 'PT' } }]);

      await advance(server, 3_700);
      const clientAddress = (): string => '2001:db8::7';
      const moved = await renewSession(page(), optionsFor(server, { jwks, originSecret: SECRET, clientAddress }));
      browser.store(moved.apply(new Response()));
      expect(await browser.sessions()).toMatchObject([{ ip_address: '2001:db8::7' }]);
    } finally {
      await server.stop();
    }
  });

  test('the address is not passed on without the secret', async () => {
    const browser = await Browser.signedIn('olga');
    browser.cookies.delete(api.cookies.access);
    const net = counted();
    await renewSession(browser.page({ 'cloudfront-viewer-address': '198.51.100.7:1', 'x-forwarded-for': '198.51.100.7' }), optionsFor(api, { fetch: net.fetch }));
    expect([...(net.refreshes[0]?.keys() ?? [])].sort()).toEqual(['accept', 'content-type', 'cookie', 'idempotency-key', 'sec-fetch-site', 'user-agent']);
    expect(net.refreshes[0]?.get('cookie')).toMatch(/^latchkey_\d+_refresh=[^;]+$/);
  });
});

describe('a session that is bound to a key of the browser', () => {
  test('is left to the browser once the access token has expired, and reports no thief', async () => {
    const server = await startLocalServer();
    try {
      const owner = await makeKeyHolder();
      const browser = await Browser.signedIn('bound', server, {}, { dpop: await owner.prove('POST', `${server.issuer}/login`) });
      const { fetch, refreshes } = counted();
      let ahead = 0;
      const options = optionsFor(server, { fetch, now: () => Date.now() + ahead });
      expect((await renewSession(browser.page(), options)).state).toBe('signed-in');
      ahead = 3_700_000;
      await server.advanceClock(3_700);
      const session = await renewSession(browser.page(), options);
      expect([session.state, session.auth, session.setCookies]).toEqual(['unknown', null, []]);
      expect(refreshes).toHaveLength(0);
      // The browser itself refreshes.
      const dpop = await owner.prove('POST', `${server.issuer}/refresh`, undefined, { iat: Math.floor((Date.now() + ahead) / 1000) });
      const response = await browser.post('/api/auth/refresh', {}, { dpop });
      expect(response.status).toBe(200);
      browser.store(response);
      expect((await renewSession(browser.page(), options)).state).toBe('signed-in');
      expect(await browser.events()).not.toContain('binding_failed');
    } finally {
      await server.stop();
    }
  });
});
