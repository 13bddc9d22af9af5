import { describe, expect, test, vi } from 'vitest';
import { fetchOf, headerMode, sessionsOf, userSessionsOf } from '../../src/core/index.js';
import { BASE, FakeServer, noAnswer } from './support/fake-server.js';
import { advance, openTab, setUpTabs } from './support/tabs.js';

setUpTabs();

/** Removes what React Native lacks. Its `URL` throws for `origin`, and its `URLSearchParams` does not accept pairs. */
function removeBrowser(): void {
  for (const name of ['document', 'location', 'addEventListener', 'removeEventListener', 'BroadcastChannel', 'localStorage', 'sessionStorage']) {
    vi.stubGlobal(name, undefined);
  }
  vi.stubGlobal('navigator', { product: 'ReactNative' });
  const NodeURL = URL;
  class NativeURL {
    readonly href: string;
    constructor(url: string | URL, base?: string) {
      this.href = new NodeURL(url, base).href;
    }
    toString(): string {
      return this.href;
    }
  }
  for (const name of ['origin', 'host', 'hostname', 'protocol', 'pathname', 'search', 'searchParams']) {
    Object.defineProperty(NativeURL.prototype, name, {
      get: () => {
        throw new Error(`URL.${name} is not implemented`);
      },
    });
  }
  vi.stubGlobal('URL', NativeURL);
  vi.stubGlobal('URLSearchParams', undefined);
}

/** The fake server needs the `URL` of Node. */
function withNodeUrl(server: FakeServer): typeof fetch {
  const NodeURL = URL;
  return (input, init) => {
    const native = globalThis.URL;
    globalThis.URL = NodeURL;
    const response = server.fetch(input, init);
    globalThis.URL = native;
    return response;
  };
}

describe('without the globals of a browser', () => {
  test('the client signs in, calls, lists, refreshes and signs out', async () => {
    const server = new FakeServer();
    const options = { baseUrl: BASE, mode: headerMode({ apiOrigins: ['https://api.example.com'] }), fetch: withNodeUrl(server) };
    removeBrowser();
    const client = await openTab(server, options);
    expect(await client.signIn('a')).toMatchObject({ session_id: 's-a' });
    expect(await sessionsOf(client).list()).toHaveLength(1);
    expect((await sessionsOf(client).events({ limit: 5 })).events).toHaveLength(1);
    await userSessionsOf(client, 'pau & l').list();
    expect(server.requests.at(-1)?.path).toBe('/sessions?include=analytics&user_id=pau%20%26%20l');
    await client.refresh();
    const authorization = async (url: string): Promise<string | null> => {
      await fetchOf(client)(url);
      return server.requests.at(-1)?.headers.get('authorization') ?? null;
    };
    expect(await authorization('https://api.example.com/orders')).toBe('Bearer access.s-a.1');
    expect(await authorization('HTTPS://API.example.com?page=2')).toBe('Bearer access.s-a.1');
    const strangers = [
      'https://evil.example/',
      'https://api.example.com.evil.example/',
      'https://api.example.com@evil.example/',
      'https://api.example.com:8443/',
      'https://api.example.com:x@evil.example/',
      'http://api.example.com/',
      'data:text/plain,x',
    ];
    for (const url of strangers) expect(await authorization(url), url).toBeNull();
    await client.signOut();
    expect(client.getState()).toMatchObject({ status: 'signed-out', endedReason: 'signed_out' });
    expect(server.live.size).toBe(0);
  });

  test('a deadline is reported as a timeout, although the signal has no reason', async () => {
    const server = new FakeServer();
    const client = await openTab(server);
    server.fail('POST /login', noAnswer);
    vi.spyOn(AbortSignal.prototype, 'reason', 'get').mockReturnValue(undefined);
    const failed = expect(client.signIn('a')).rejects.toMatchObject({ code: 'timeout' });
    await advance(11);
    await failed;
  });
});
