/** Tabs of one browser: a page that the test hides and shows, a clock that it moves, and clients that exchange messages. */

import { afterEach, beforeEach, vi } from 'vitest';
import { createLatchkey, type Latchkey, type LatchkeyOptions } from '../../../src/core/index.js';
import { BASE, FakeServer, ORIGIN } from './fake-server.js';

class Page extends EventTarget {
  visibilityState: 'visible' | 'hidden' = 'visible';
}

let page: Page;
let network: { onLine: boolean };
let open: Latchkey[] = [];
let channels = 0;
let channel = '';

/** Before each test of a file: fake timers, a visible page, and no tabs. */
export function setUpTabs(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: Date.parse('2026-11-24T10:00:00Z') });
    page = new Page();
    network = { onLine: true };
    channel = `tabs-${++channels}`;
    vi.stubGlobal('document', page);
    vi.stubGlobal('location', { href: `${ORIGIN}/account` });
    vi.stubGlobal('navigator', network);
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    watchCrypto();
  });
  afterEach(() => {
    for (const each of open) each.dispose();
    open = [];
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
}

/** An open tab, without a view. */
export function tab(server: FakeServer, options: LatchkeyOptions = {}): Latchkey {
  const client = createLatchkey({ channel, fetch: server.fetch, ...options });
  open.push(client);
  return client;
}

/** A tab with a view, after its first status. */
export async function openTab(server: FakeServer, options: LatchkeyOptions = {}): Promise<Latchkey> {
  const client = tab(server, options);
  client.subscribe(() => {});
  // A new tab waits 50 ms for messages of the other tabs.
  await advance(0.05);
  return client;
}

/** The channel of the tabs of this test. */
export function channelName(): string {
  return channel;
}

/** Sends a message as another tab would. */
export async function receive(message: object): Promise<void> {
  const other = new BroadcastChannel(channel);
  other.postMessage({ api: BASE, ...message });
  await settle();
  other.close();
}

/** Advances the time in steps, so that the tabs can exchange messages. */
export async function advance(seconds: number): Promise<void> {
  const step = seconds > 120 ? 2 : 0.25;
  await settle();
  for (let gone = 0; gone < seconds; gone += step) {
    await vi.advanceTimersByTimeAsync(Math.min(step, seconds - gone) * 1000);
    await settle();
  }
}

/** Operations of Web Crypto under way. They run in threads, so that they take real time. */
let encrypting = 0;

function watchCrypto(): void {
  const { subtle } = crypto;
  for (const name of ['generateKey', 'exportKey', 'sign', 'digest'] as const) {
    const original = subtle[name].bind(subtle) as (...args: unknown[]) => Promise<unknown>;
    vi.spyOn(subtle, name as 'sign').mockImplementation((...args) => {
      encrypting++;
      return original(...args).finally(() => encrypting--) as never;
    });
  }
}

/** Waits until promises are settled and messages are delivered. */
export async function settle(): Promise<void> {
  // A transaction of IndexedDB takes more turns than a message.
  const turns = 'indexedDB' in globalThis ? 30 : 6;
  for (let turn = 0; turn < turns; turn = encrypting > 0 ? 0 : turn + 1) {
    await vi.advanceTimersByTimeAsync(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function hide(): Promise<void> {
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  await settle();
}

export async function show(): Promise<void> {
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  await settle();
}

export async function dispatchPageEvent(type: string, more: object = {}): Promise<void> {
  if (type === 'online' || type === 'offline') network.onLine = type === 'online';
  page.dispatchEvent(Object.assign(new Event(type), more));
  await settle();
}

/** A `localStorage` or `sessionStorage`. */
export function fakeStorage(): Storage {
  const values = new Map<string, string>();
  return {
    get length() {
      return values.size;
    },
    key: (index) => [...values.keys()][index] ?? null,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
  };
}

/** Sets only the wall clock, as a user or a time server does. */
export function setWallClock(secondsAhead: number): void {
  vi.setSystemTime(Date.now() + secondsAhead * 1000);
}
