/** The code for React Native runs as it is written, without the globals of a browser and against the real server. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { fetchOf, type Latchkey, sessionsOf } from '../../src/core/index.js';
import { type LocalServer, startLocalServer } from '../server/support/local-server.js';
import { blockWith } from './support/blocks.js';

/** The limits of `expo-secure-store`. */
const MOST_BYTES = 2_048;
const KEY = /^[\w.-]+$/;

const folder = mkdtempSync(fileURLToPath(new URL('native-', import.meta.url)));
const open: Latchkey[] = [];
/** The storages of the phone, which outlive the app. */
const secure = new Map<string, string>();
const plain = new Map<string, string>();
let api: LocalServer;
let apps = 0;

/** Stand-ins for the libraries, with the limits that their documentation names. */
const LIBRARIES = {
  'secure-store.ts': `const items = globalThis.secureItems
export const getItemAsync = async (key) => items.get(key) ?? null
export const setItemAsync = async (key, value) => {
  if (!${KEY}.test(key) || Buffer.byteLength(value) > ${MOST_BYTES}) throw new Error('refused by the keychain')
  items.set(key, value)
}
export const deleteItemAsync = async (key) => void items.delete(key)
`,
  'async-storage.ts': `const items = globalThis.plainItems
export default { getItem: async (key) => items.get(key) ?? null, setItem: async (key, value) => void items.set(key, value) }
`,
};

beforeAll(async () => {
  api = await startLocalServer();
  for (const [name, code] of Object.entries(LIBRARIES)) writeFileSync(join(folder, name), code);
});

afterAll(async () => {
  await api?.stop();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  const { crypto } = globalThis;
  vi.stubGlobal('secureItems', secure);
  vi.stubGlobal('plainItems', plain);
  vi.stubGlobal('randomValues', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  for (const name of ['crypto', 'document', 'location', 'addEventListener', 'removeEventListener', 'BroadcastChannel', 'localStorage', 'sessionStorage', 'indexedDB']) {
    vi.stubGlobal(name, undefined);
  }
  vi.stubGlobal('navigator', { product: 'ReactNative' });
});

afterEach(() => {
  for (const client of open.splice(0)) client.dispose();
  vi.unstubAllGlobals();
  secure.clear();
  plain.clear();
});

/** Starts the app: a new copy of its module, with what the phone has stored. */
async function startApp(): Promise<Latchkey> {
  const name = `app-${apps++}`;
  // A file for each start, because a module is evaluated once.
  writeFileSync(join(folder, `${name}-random.ts`), 'globalThis.crypto = globalThis.randomValues\n');
  const changes = {
    "'@react-native-async-storage/async-storage'": "'./async-storage'",
    "'@latchkey/react/core'": "'../../../src/core/index.js'",
    "'expo-secure-store'": "'./secure-store'",
    "'react-native-get-random-values'": `'./${name}-random'`,
    'https://app.example.com/api/auth': api.issuer,
  };
  let { code } = blockWith('docs/client.md', 'expo-secure-store');
  for (const [from, to] of Object.entries(changes)) {
    expect(code).toContain(from);
    code = code.replace(from, () => to);
  }
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, code);
  const { latchkey } = (await import(/* @vite-ignore */ file)) as { latchkey: Latchkey };
  open.push(latchkey);
  latchkey.subscribe(() => {});
  return latchkey;
}

const assertion = async (sub: string): Promise<string> => String((await api.post('/dev/assertion', { sub }))['assertion']);
const status = (client: Latchkey, expected: string): Promise<void> => vi.waitFor(() => expect(client.getState().status).toBe(expected), 5_000);

test('an app that was ended is still signed in, refreshes and signs out', async () => {
  const first = await startApp();
  await first.signIn(await assertion('ada'));
  const [tokens = ''] = [...secure.values()];
  expect(tokens).toContain('refresh');
  expect([...plain.values()].join()).not.toContain(JSON.parse(tokens).refresh);
  first.dispose();

  const second = await startApp();
  await status(second, 'signed-in');
  expect(await sessionsOf(second).list()).toMatchObject([{ is_current: true, binding: 'none' }]);
  await second.refresh();
  expect([...secure.values()][0]).not.toBe(tokens);
  expect((await fetchOf(second)(`${api.issuer}/sessions`)).status).toBe(200);
  await second.signOut();
  await vi.waitFor(() => expect(secure.size).toBe(0));
});

test('an app that was ended during a refresh shows by its key that it made the refresh', async () => {
  const first = await startApp();
  await first.signIn(await assertion('bob'));
  const before = new Map(secure);
  await first.refresh();
  await first.refresh();
  first.dispose();
  // The phone had not written the tokens of the last two refreshes, and the grace time is over.
  for (const [key, value] of before) secure.set(key, value);
  await api.advanceClock(120);

  const second = await startApp();
  await second.refresh();
  expect(second.getState()).toMatchObject({ status: 'signed-in', token: { state: 'valid' } });
});

test('the tokens of a long user id fit into the keychain', async () => {
  const app = await startApp();
  await app.signIn(await assertion('u'.repeat(128)));
  const [tokens = ''] = [...secure.values()];
  expect(Buffer.byteLength(tokens)).toBeGreaterThan(500);
  expect(Buffer.byteLength(tokens)).toBeLessThan(MOST_BYTES);
});
