/** Tabs of one browser: a page that a test hides and shows, a clock that it moves, and clients that hear each other. */

import { afterEach, beforeEach, vi } from 'vitest';
import { createLatchkey, type Latchkey, type LatchkeyOptions } from '../../../src/core/index.js';
import { FakeServer, ORIGIN } from './fake-server.js';

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
  });
  afterEach(() => {
    for (const each of open) each.dispose();
    open = [];
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
}

/** A tab that somebody has open. */
export function tab(server: FakeServer, options: LatchkeyOptions = {}): Latchkey {
  const client = createLatchkey({ channel, fetch: server.fetch, ...options });
  open.push(client);
  return client;
}

/** A tab with a view in it, once it knows where it stands. */
export async function openTab(server: FakeServer, options: LatchkeyOptions = {}): Promise<Latchkey> {
  const client = tab(server, options);
  client.subscribe(() => {});
  // It gives the others time to say what it must know.
  await pass(0.05);
  return client;
}

/** Where the tabs of this test hear each other. */
export function channelName(): string {
  return channel;
}

/** Says something as another tab would. */
export async function overhear(message: object): Promise<void> {
  const other = new BroadcastChannel(channel);
  other.postMessage(message);
  await settle();
  other.close();
}

/** Lets time go by, in steps that let the tabs hear each other. */
export async function pass(seconds: number): Promise<void> {
  const step = seconds > 120 ? 2 : 0.25;
  await settle();
  for (let gone = 0; gone < seconds; gone += step) {
    await vi.advanceTimersByTimeAsync(Math.min(step, seconds - gone) * 1000);
    await settle();
  }
}

/** Lets promises and channels come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) {
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

export async function happens(type: string, more: object = {}): Promise<void> {
  if (type === 'online' || type === 'offline') network.onLine = type === 'online';
  page.dispatchEvent(Object.assign(new Event(type), more));
  await settle();
}

/** Sets the wall clock only, as a user or a time server does. */
export function setWallClock(secondsAhead: number): void {
  vi.setSystemTime(Date.now() + secondsAhead * 1000);
}
