import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createLatchkey, fetchOf, headerMode, sessionsOf, type LatchkeyOptions, type TokenStorage } from '../../src/core/index.js';
import { FakeServer, json, noNetwork, problem } from './support/fake-server.js';
import { openTab, advance, setUpTabs, settle, tab } from './support/tabs.js';

setUpTabs();

const header: LatchkeyOptions = { mode: headerMode() };

const kept = (storage: TokenStorage): LatchkeyOptions => ({ mode: headerMode({ storage }) });

function shelf(content: string | null = null): TokenStorage & { content: string | null } {
  return {
    content,
    get() {
      return this.content;
    },
    set(value) {
      this.content = value;
    },
    remove() {
      this.content = null;
    },
  };
}

describe('header mode', () => {
  test('sends the access token only to the API and to apiOrigins', async () => {
    const server = new FakeServer();
    const client = await openTab(server, { mode: headerMode({ apiOrigins: ['https://api.example.com'] }) });
    await client.signIn('b');
    const seen = async (url: string): Promise<string | null> => {
      await fetchOf(client)(url);
      return server.requests.at(-1)?.headers.get('authorization') ?? null;
    };
    expect(await seen('https://api.example.com/orders')).toBe('Bearer access.s-b.0');
    expect(await seen('/api/orders')).toBe('Bearer access.s-b.0');
    const strangers = [
      'https://evil.example/',
      'https://api.example.com.evil.example/',
      'http://api.example.com/',
      'https://api.example.com:8443/',
      'https://api.example.com@evil.example/',
      '//evil.example/',
      'data:text/plain,x',
    ];
    for (const url of strangers) expect(await seen(url), url).toBeNull();
    expect(server.requestsTo('POST /login')[0]?.body).toEqual({ assertion: 'b', delivery: 'body' });
    expect(server.requests.filter(({ path }) => path.startsWith('/')).every(({ init }) => init.credentials === 'omit')).toBe(true);
  });

  test('keeps an Authorization header of the app', async () => {
    const server = new FakeServer();
    const client = await openTab(server, header);
    await client.signIn('b');
    await fetchOf(client)('/api/orders', { headers: { authorization: 'Basic eDp5' } });
    expect(server.requests.at(-1)?.headers.get('authorization')).toBe('Basic eDp5');
  });

  test('finds the tokens on a new page, in the storage that the app chose', async () => {
    const storage = shelf();
    const server = new FakeServer();
    const before = await openTab(server, kept(storage));
    await before.signIn('b');
    before.dispose();
    const after = await openTab(server, kept(storage));
    expect(after.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid', sessionId: 's-b' } });
    expect(server.requests.at(-1)?.headers.get('authorization')).toBe('Bearer access.s-b.0');
  });

  test('reads an asynchronous storage before its first request, and writes in order', async () => {
    const server = new FakeServer();
    let content: string | null = null;
    const later = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    const storage = (): TokenStorage => ({
      get: () => later().then(() => content),
      set: (value) => later().then(() => void (content = value)),
      remove: () => later().then(() => void (content = null)),
    });
    const before = await openTab(server, kept(storage()));
    const signedIn = before.signIn('b');
    await advance(1);
    await signedIn;
    await before.refresh();
    await advance(1);
    expect(content).toContain('refresh.s-b.1');
    before.dispose();
    const after = tab(server, kept(storage()));
    const call = fetchOf(after)('/api/orders');
    await advance(1);
    await call;
    expect(server.requests.at(-1)?.headers.get('authorization')).toBe('Bearer access.s-b.1');
    after.subscribe(() => {});
    await advance(1);
    expect(after.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-b' } });
    await after.refresh();
    const signOut = after.signOut();
    await advance(1);
    await signOut;
    expect(content).toBeNull();
  });

  test.each(['throws', 'rejects'])('signs in and refreshes although the storage %s', async (how) => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const fail = (): never => {
      if (how === 'rejects') return Promise.reject(new Error('full')) as never;
      throw new Error('full');
    };
    const server = new FakeServer();
    const client = await openTab(server, kept({ get: fail, set: fail, remove: fail }));
    await client.signIn('b');
    await client.refresh();
    expect(server.requestsTo('POST /refresh')[0]?.body).toMatchObject({ refresh_token: 'refresh.s-b.0' });
    await client.signOut();
    expect(client.getState().status).toBe('signed-out');
    expect(logged).toHaveBeenCalled();
  });

  test('asks the other tabs, not the server, if there is no storage', async () => {
    const server = new FakeServer();
    const one = await openTab(server, header);
    await one.signIn('b');
    const before = server.requests.length;
    const two = await openTab(server, header);
    await settle();
    expect(two.getState()).toMatchObject({ status: 'signed-in', token: { sessionId: 's-b' } });
    expect(server.requests).toHaveLength(before);
    await fetchOf(two)('/api/orders');
    expect(server.requests.at(-1)?.headers.get('authorization')).toBe('Bearer access.s-b.0');
  });

  test('removes the tokens from the storage before it sends the sign-out', async () => {
    const storage = shelf();
    const server = new FakeServer();
    const client = await openTab(server, kept(storage));
    await client.signIn('b');
    let found: string | null = 'not asked';
    server.fail('POST /revoke', () => {
      found = storage.content;
      return json(200, { ended: 1, session_ids: ['s-b'], access_tokens_expire_by: '2026-11-24T11:05:00Z' });
    });
    await client.signOut();
    expect(found).toBeNull();
    expect(server.requestsTo('POST /revoke')[0]?.body).toEqual({ strategy: 'current', refresh_token: 'refresh.s-b.0' });
  });

  test('refreshes with the stored token if another tab stored a newer one', async () => {
    const storage = shelf();
    const server = new FakeServer();
    const client = await openTab(server, kept(storage));
    await client.signIn('b');
    storage.set(JSON.stringify({ access: 'access.s-b.5', refresh: 'refresh.s-b.5' }));
    await client.refresh();
    expect(server.requestsTo('POST /refresh')[0]?.body).toEqual({ refresh_token: 'refresh.s-b.5' });
  });

  test('drops a response or a refusal if the stored token changed meanwhile', async () => {
    const storage = shelf();
    const server = new FakeServer();
    const client = await openTab(server, kept(storage));
    await client.signIn('b');
    const newer = JSON.stringify({ access: 'access.s-b.5', refresh: 'refresh.s-b.5' });
    const older = { session_id: 's-b', expires_in: 60, access_token: 'access.s-b.1', refresh_token: 'refresh.s-b.1' };
    for (const answer of [() => problem(401, 'session_ended', { reason: 'security' }), () => json(200, older)]) {
      server.fail('POST /refresh', () => {
        storage.set(newer);
        return answer();
      });
      storage.set(JSON.stringify({ access: 'access.s-b.0', refresh: 'refresh.s-b.0' }));
      await client.refresh();
      expect(storage.content).toBe(newer);
      expect(client.getState().status).toBe('signed-in');
    }
  });

  test('treats a storage that throws or has invalid data as empty', async () => {
    for (const content of ['{', '{"access":"a\\nb","refresh":"c"}', '[]', 'null']) {
      const client = await openTab(new FakeServer(), kept(shelf(content)));
      expect(client.getState().status).toBe('signed-out');
    }
    const broken: TokenStorage = { ...shelf(), get: () => { throw new DOMException('denied', 'SecurityError'); } };
    const client = await openTab(new FakeServer(), kept(broken));
    expect(client.getState().status).toBe('signed-out');
  });
});

describe('tokens do not appear', () => {
  test('in a URL, an error, the console, the state or a message of cookie mode', async () => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name));
    for (const mode of ['cookie', 'header'] as const) {
      const server = new FakeServer();
      const errors: unknown[] = [];
      const listener = new BroadcastChannel(`spy-${mode}`);
      const messages: unknown[] = [];
      listener.onmessage = ({ data }) => messages.push(data);
      const globals = Object.keys(globalThis).length;
      const client = await openTab(server, { ...(mode === 'header' && header), channel: `spy-${mode}`, onError: (error) => errors.push(error) });
      await client.signIn('secret-assertion');
      await client.refresh();
      server.fail('POST /refresh', () => Promise.reject(new TypeError('Headers.append: "Bearer access.x" is invalid')));
      errors.push(await client.refresh().catch((error: unknown) => error));
      server.fail('GET /sessions', noNetwork);
      errors.push(await sessionsOf(client).list().catch((error: unknown) => error));
      await client.signOut();
      await advance(1);
      const paths = server.requests.map(({ path }) => path);
      const shown = inspect([paths, errors, client.getState(), mode === 'cookie' && messages], { depth: 9 });
      expect(messages.length).toBeGreaterThan(0);
      expect(shown).not.toMatch(/access\.|refresh\.s|secret-assertion(?<!s-secret-assertion)/);
      expect(Object.keys(globalThis)).toHaveLength(globals);
      listener.close();
    }
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});

describe('a redirect', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const each of servers.splice(0)) each.close();
  });

  async function serve(answer: (url: string) => [number, Record<string, string>]): Promise<{ origin: string; seen: (string | undefined)[] }> {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const [status, headers] = answer(request.url ?? '');
      response.writeHead(status, headers).end('{}');
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }

  test('to another origin does not carry the token, over real sockets', async () => {
    vi.useRealTimers();
    const other = await serve(() => [200, {}]);
    const api = await serve((url) => (url === '/away' ? [307, { location: `${other.origin}/x` }] : [200, {}]));
    const storage = shelf(JSON.stringify({ access: 'access.s.1', refresh: 'refresh.s.1' }));
    const client = createLatchkey({ ...kept(storage), baseUrl: `${api.origin}/api/auth`, channel: 'redirect' });
    expect((await fetchOf(client)(`${api.origin}/away`)).status).toBe(200);
    expect(api.seen).toEqual(['Bearer access.s.1']);
    expect(other.seen).toEqual([undefined]);
    client.dispose();
  });

  test("by a captive portal is not followed by the client's own requests", async () => {
    vi.useRealTimers();
    const portal = await serve(() => [200, {}]);
    const api = await serve(() => [307, { location: `${portal.origin}/welcome` }]);
    const storage = shelf(JSON.stringify({ access: 'access.s.1', refresh: 'refresh.s.1' }));
    const client = createLatchkey({ ...kept(storage), baseUrl: `${api.origin}/api/auth`, channel: 'redirect' });
    await expect(client.refresh()).rejects.toMatchObject({ code: 'not_latchkey' });
    expect(portal.seen).toEqual([]);
    client.dispose();
  });
});
