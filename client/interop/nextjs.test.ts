/** The integration of docs/nextjs.md, as it is written there: built and run with the real Next.js. */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf, blockWith } from '../test/docs/support/blocks.js';
import { startLocalServer, type LocalServer } from '../test/server/support/local-server.js';
import { client, createApp, type App } from './support/packed.js';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const NEXT = join(client, 'node_modules/next/dist/bin/next');

/** A page that is a server component, and imports the package directly. */
const DIRECT = "import { SessionMonitoring } from '@latchkey/react'\nimport '@latchkey/react/styles.css'\n\nexport default function Page() {\n  return <SessionMonitoring locale=\"en\" />\n}\n";
const LAYOUT = "export default function Layout({ children }: { children: React.ReactNode }) {\n  return <html lang=\"en\"><body>{children}</body></html>\n}\n";
const TSCONFIG = {
  compilerOptions: { target: 'ES2022', lib: ['dom', 'dom.iterable', 'esnext'], strict: true, noEmit: true, module: 'esnext', moduleResolution: 'bundler', resolveJsonModule: true, isolatedModules: true, esModuleInterop: true, skipLibCheck: true, allowJs: true, incremental: true, jsx: 'react-jsx', plugins: [{ name: 'next' }], paths: { '@/*': ['./*'] } },
  include: ['**/*.ts', '**/*.tsx', '.next/types/**/*.ts'],
  exclude: ['node_modules'],
};
/** Moves the clock of the app's process, as that of the API is moved. */
const CLOCK = "const fs = require('node:fs');\nconst real = Date.now;\nconst file = __dirname + '/clock-offset';\nDate.now = () => real() + Number(fs.readFileSync(file, 'utf8')) * 1000;\n";

let api: LocalServer;
let app: App;
let next: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  api = await startLocalServer({ COOKIE_SECURE: 'true' });
  app = createApp({ 'app/layout.tsx': LAYOUT, 'app/direct/page.tsx': DIRECT, 'tsconfig.json': JSON.stringify(TSCONFIG), 'clock.cjs': CLOCK, 'clock-offset': '0' });
  for (const { name, code } of blocksOf('docs/nextjs.md')) app.write(name, code);
  const snippet = blockWith('docs/client.md', 'export function Account()').code;
  app.write('app/snippet/account.tsx', `${snippet.replace('\nimport ', "\nimport { latchkey } from '@/lib/latchkey'\nimport ")}`);
  app.write('app/snippet/page.tsx', "import { Account } from './account'\n\nexport default function Page() {\n  return <Account />\n}\n");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const, LATCHKEY_ISSUER: api.issuer, LATCHKEY_AUDIENCE: 'latchkey-local', LATCHKEY_RENEWAL_SECRET: 'a secret of this test, on all servers' };
  execFileSync(process.execPath, [NEXT, 'build'], { cwd: app.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  port = await freePort();
  const options = `--require ${join(app.folder, 'clock.cjs')}`;
  next = spawn(process.execPath, [NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)], { cwd: app.folder, env: { ...env, NODE_OPTIONS: options }, stdio: 'ignore' });
  await responding();
}, 300_000);

afterAll(async () => {
  if (next) {
    const exited = new Promise((resolve) => next?.once('exit', resolve));
    next.kill('SIGTERM');
    await exited;
  }
  app?.remove();
  await api?.stop();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
}

async function responding(): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    if (await fetch(`http://127.0.0.1:${port}/sign-in`).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('next start does not respond');
}

interface Page {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  readonly setCookies: readonly string[];
  readonly cacheControl: string | null;
}

async function load(path: string, cookie?: string, more: Record<string, string> = {}): Promise<Page> {
  const headers = { 'user-agent': CHROME, ...(cookie !== undefined && { cookie }), ...more };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: 'manual' });
  return {
    status: response.status,
    text: (await response.text()).replaceAll('<!-- -->', ''),
    location: response.headers.get('location'),
    setCookies: response.headers.getSetCookie(),
    cacheControl: response.headers.get('cache-control'),
  };
}

/** Signs in with the browser's user agent; the cookies as a browser sends them. */
async function signIn(sub: string): Promise<string> {
  const { assertion } = await api.post('/dev/assertion', { sub });
  const headers = { 'content-type': 'application/json', 'user-agent': CHROME };
  const response = await fetch(`${api.issuer}/login`, { method: 'POST', headers, body: JSON.stringify({ assertion }) });
  return pairs(response.headers.getSetCookie());
}

const pairs = (lines: readonly string[]): string => lines.map((line) => line.split(';')[0]).join('; ');
const only = (cookies: string, name: string): string => cookies.split('; ').find((pair) => pair.includes(name)) ?? '';

let offset = 0;
async function advance(seconds: number): Promise<void> {
  await api.advanceClock(seconds);
  offset += seconds;
  app.write('clock-offset', String(offset));
}

describe('the app of docs/nextjs.md', () => {
  test('renders the pages that import the package', async () => {
    for (const path of ['/sign-in', '/direct', '/snippet']) expect(await load(path), path).toMatchObject({ status: 200 });
  });

  test('guards its route handler', async () => {
    const cookie = await signIn('alice');
    expect(await load('/api/orders', cookie)).toMatchObject({ status: 200, text: '{"ordersOf":"alice"}' });
    expect(await load('/api/orders', cookie, { authorization: 'Basic YTpi' })).toMatchObject({ status: 200 });
    expect(await load('/api/orders')).toMatchObject({ status: 401, text: expect.stringContaining('token_missing') as string });
  });

  test('shows the page to a signed-in user, and the sign-in page to others', async () => {
    expect(await load('/account', await signIn('alice'))).toMatchObject({ status: 200, text: expect.stringContaining('Hello alice') as string, setCookies: [] });
    expect(await load('/account')).toMatchObject({ status: 307, location: '/sign-in' });
  });

  test('renews an hour-old session before the page renders', async () => {
    const old = await signIn('bob');
    await advance(3_700);
    const page = await load('/account', old);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Hello bob') as string, cacheControl: 'private, no-store' });
    expect(page.setCookies).toHaveLength(2);
    const renewed = pairs(page.setCookies);
    expect(only(renewed, 'refresh')).not.toBe(only(old, 'refresh'));
    expect(await load('/account', renewed)).toMatchObject({ status: 200, text: expect.stringContaining('Hello bob') as string, setCookies: [] });
  });

  test('renews once for page loads at the same time', async () => {
    const old = await signIn('carol');
    await advance(3_700);
    const pages = await Promise.all([1, 2, 3, 4, 5].map(() => load('/account', old)));
    for (const page of pages) expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Hello carol') as string });
    const generations = new Set(pages.map(({ setCookies }) => only(pairs(setCookies), 'refresh')));
    expect(generations.size).toBe(1);
    const next = pairs(pages[0]?.setCookies ?? []);
    await advance(3_700);
    expect(await load('/account', next)).toMatchObject({ status: 200, text: expect.stringContaining('Hello carol') as string });
  });

  test('lets the browser renew after a click in a mail', async () => {
    const cookies = await signIn('dora');
    await advance(3_700);
    const mail = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const page = await load('/account', only(cookies, 'access'), mail);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('One moment') as string, setCookies: [] });
  });

  test('clears the cookies of an ended session', async () => {
    const cookies = await signIn('erin');
    await advance(3_700);
    const own = { 'content-type': 'application/json', 'user-agent': CHROME, 'sec-fetch-site': 'same-origin' };
    const renewed = await load('/account', cookies);
    const revoke = { method: 'POST', headers: { ...own, cookie: pairs(renewed.setCookies) }, body: '{"strategy":"current"}' };
    expect((await fetch(`${api.issuer}/revoke`, revoke)).status).toBe(200);
    await advance(3_700);
    const ended = await load('/account', pairs(renewed.setCookies));
    expect(ended).toMatchObject({ status: 307, location: '/sign-in' });
    expect(ended.setCookies.map((line) => line.split(';')[0])).toEqual(Object.values(api.cookies).map((name) => `__Host-${name}=`));
  });
});
