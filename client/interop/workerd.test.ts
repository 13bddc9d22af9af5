/** The guard in Cloudflare's runtime, with real tokens, at old and current compatibility dates. */

import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_AUDIENCE, startLocalServer, type LocalServer } from '../test/server/support/local-server.js';

let api: LocalServer;
let script: string;

/** A Worker with a route behind the guard, one behind the strict guard, and one that renews the session. */
const WORKER = `
import { createTokenValidationMiddleware, renewSession } from 'the-server-entry';
let guards;
const routes = (env) => (guards ??= {
  '/offline': createTokenValidationMiddleware(env.OPTIONS).handler((request) => Response.json(request.auth)),
  '/strict': createTokenValidationMiddleware({ ...env.OPTIONS, strict: true }).handler((request) => Response.json(request.auth)),
  '/page': async (request) => {
    const session = await renewSession(request, env.OPTIONS);
    return session.apply(Response.json({ state: session.state, auth: session.auth }));
  },
});
export default {
  async fetch(request, env) {
    try {
      return await routes(env)[new URL(request.url).pathname](request);
    } catch (error) {
      return new Response(String(error?.stack ?? error), { status: 500 });
    }
  },
};
`;

async function bundle(): Promise<string> {
  const server = fileURLToPath(new URL('../dist/server/index.js', import.meta.url));
  const outputs = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [{ name: 'worker', resolveId: (id) => (id === 'the-server-entry' ? server : id.endsWith('worker') ? '\0worker' : null), load: (id) => (id === '\0worker' ? WORKER : null) }],
    build: { write: false, minify: false, target: 'es2022', lib: { entry: 'worker', formats: ['es'] } },
  });
  const [output] = [outputs].flat() as Rolldown.RolldownOutput[];
  const chunk = output?.output[0];
  if (!chunk) throw new Error('nothing was built');
  return chunk.code;
}

beforeAll(async () => {
  [api, script] = await Promise.all([startLocalServer(), bundle()]);
});

afterAll(() => api?.stop());

describe.each(['2021-11-03', '2022-04-01', '2024-11-10', '2024-11-11', '2026-07-01'])('at the compatibility date %s', (compatibilityDate) => {
  let worker: Miniflare;

  beforeAll(() => {
    const OPTIONS = { issuer: api.issuer, audience: LOCAL_AUDIENCE, cookieSecure: false };
    worker = new Miniflare({ modules: true, script, compatibilityDate, bindings: { OPTIONS } });
  });

  afterAll(() => worker?.dispose());

  async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await worker.dispatchFetch(`http://app.example.com${path}`, { headers, method });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : text };
  }

  test('a valid token passes, in the header or in the cookie', async () => {
    const { accessToken, sessionId } = await api.signIn('alice');
    for (const path of ['/offline', '/strict']) {
      const passed = { status: 200, body: { userId: 'alice', sessionId } };
      expect(await ask(path, { authorization: `Bearer ${accessToken}` })).toMatchObject(passed);
      const cookie = { authorization: 'Basic YTpi', cookie: `${api.cookies.access}=${accessToken}` };
      expect(await ask(path, cookie)).toMatchObject(passed);
      expect(await ask(path, { ...cookie, origin: 'http://app.example.com' }, 'POST')).toMatchObject(passed);
      expect(await ask(path, { ...cookie, origin: 'https://evil.example' }, 'POST')).toMatchObject({ status: 403 });
    }
  });

  test('requests at the same time do not disturb each other', async () => {
    const { accessToken } = await api.signIn('bob');
    const all = await Promise.all(Array.from({ length: 8 }, () => ask('/strict', { authorization: `Bearer ${accessToken}` })));
    expect(all.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  test('an ended session and forged tokens are refused', async () => {
    const { accessToken } = await api.signIn('carol');
    await api.post('/api/auth/revoke', { strategy: 'current' }, accessToken);
    expect(await ask('/strict', { authorization: `Bearer ${accessToken}` })).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    expect(await ask('/offline', { authorization: `Bearer ${accessToken}x` })).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(await ask('/offline')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  });

  test('a page renews the session, once for loads at the same time', async () => {
    const cookie = (await api.signInWithCookies('dora')).replace(/latchkey_\d+_access=[^;]*; ?/, '');
    expect(cookie.startsWith(`${api.cookies.refresh}=`)).toBe(true);
    const loads = await Promise.all([1, 2, 3].map(() => ask('/page', { cookie, 'user-agent': 'a browser' })));
    for (const { status, headers, body } of loads) {
      expect({ status, body }).toMatchObject({ status: 200, body: { state: 'signed-in', auth: { userId: 'dora' } } });
      expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(Object.values(api.cookies));
    }
  });
});
