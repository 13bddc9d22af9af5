// @vitest-environment jsdom
/** The page with the sessions comes on demand: what stands there until then, and what if it does not come. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { LatchkeyState } from '../../src/core/types.js';
import { onDemand } from '../../src/react/hooks/lazy-module.js';
import type { SessionMonitoringProps } from '../../src/index.js';
import { fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { SIGNED_IN, SIGNED_OUT } from './support/world.js';

const PAGE = '../../src/react/dashboard/sessions-page.js';
const NOT_LOADED = 'This part of the page did not load.';
/** Time for a busy machine to compile the page. */
const SLOWLY = { timeout: 10_000 };

// What has been loaded once stays loaded: each test begins without it.
beforeEach(() => {
  vi.resetModules();
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  cleanup();
  vi.doUnmock(PAGE);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** From now on the page does not come; returns what counts the attempts. */
function refused() {
  const attempts = vi.fn(() => {
    throw new TypeError('Failed to fetch dynamically imported module');
  });
  vi.doMock(PAGE, attempts);
  return attempts;
}

async function mounted(state: Partial<LatchkeyState>, props: SessionMonitoringProps = {}) {
  const { LatchkeyProvider, SessionMonitoring } = await import('../../src/index.js');
  const fake = fakeLatchkey(state);
  render(
    <LatchkeyProvider client={fake.client}>
      <SessionMonitoring {...props} />
    </LatchkeyProvider>,
  );
  return fake;
}

const region = (name = "Where you're signed in") => screen.getByRole('region', { name });
const rows = () => document.querySelectorAll('.latchkey-rows:not([aria-hidden]) .latchkey-row');
const pageComes = () => waitFor(() => expect(rows().length).toBe(SIGNED_IN.sessions?.length), SLOWLY);
const said = () => screen.getByRole('status').textContent;
/** Next to what is read out: what is shown. */
const shown = (text: string | RegExp) => screen.findByText(text, { selector: 'section > p, section > p *' }, SLOWLY);
const button = (name: string) => screen.getByRole('button', { name });

describe('before the page has come', () => {
  test('importing the package does not ask for it', async () => {
    const attempts = refused();
    await import('../../src/index.js');
    expect(attempts).not.toHaveBeenCalled();
  });

  test('heading, empty rows and the live region are there, and the sessions are already asked for', async () => {
    const fake = await mounted(SIGNED_IN);
    expect(region().getAttribute('aria-busy')).toBe('true');
    expect(screen.getByText('Looking up where you are signed in …')).toBeTruthy();
    const [heading, live] = [screen.getByRole('heading', { level: 2 }), screen.getByRole('status')];
    expect(fake.watching).toMatchObject({ now: 1, starts: 1 });
    await pageComes();
    // Nobody loses their place, and no reader of the live region has to find another one.
    expect([heading.isConnected, live.isConnected]).toEqual([true, true]);
    expect(region().getAttribute('aria-busy')).toBe('false');
    expect(fake.watching).toMatchObject({ now: 1, starts: 1 });
  });

  test('it speaks with the texts of the app, and with ours where the app has none', async () => {
    refused();
    const labels = { title: undefined, notLoaded: 'Chargement impossible', ended: { expired: undefined } } as object;
    const fake = await mounted(SIGNED_IN, { labels, locale: 'fr' });
    await shown('Chargement impossible');
    expect(region().getAttribute('lang')).toBe('fr');
    act(() => fake.set({ ...SIGNED_OUT, endedReason: 'expired' }));
    await shown('You were away for a while. Please sign in again.');
  });

  test('our own texts are English wherever the dates are', async () => {
    await mounted(SIGNED_IN, { locale: 'fr' });
    expect(region().getAttribute('lang')).toBe('en');
  });

  test('an app may load it ahead, and then nobody waits', async () => {
    const { preloadSessionMonitoring } = await import('../../src/index.js');
    await preloadSessionMonitoring();
    await mounted(SIGNED_IN);
    expect(screen.queryByText('Looking up where you are signed in …')).toBeNull();
    expect(rows().length).toBe(SIGNED_IN.sessions?.length);
  });

  test.each([true, false])('markup from a server becomes the page without a complaint, loaded ahead: %s', async (isAhead) => {
    const { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring } = await import('../../src/index.js');
    if (isAhead) await preloadSessionMonitoring();
    const app = (
      <LatchkeyProvider client={fakeLatchkey(SIGNED_IN).client}>
        <SessionMonitoring />
      </LatchkeyProvider>
    );
    const container = document.body.appendChild(document.createElement('div'));
    container.innerHTML = renderToString(app);
    expect(container.textContent).toContain('Looking up where you are signed in …');
    render(app, { container, hydrate: true });
    await pageComes();
    expect(vi.mocked(console.error).mock.calls).toEqual([]);
  });

  test('whoever is not signed in does not download it', async () => {
    const attempts = refused();
    const fake = await mounted({});
    expect(region().getAttribute('aria-busy')).toBe('true');
    act(() => fake.set(SIGNED_OUT));
    await shown('You are not signed in.');
    expect(attempts).not.toHaveBeenCalled();
  });

  test('there is no button whose question could not be shown', async () => {
    refused();
    await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    expect(screen.queryByRole('button', { name: 'Sign out all others' })).toBeNull();
  });
});

describe('a page that does not come', () => {
  test('is said and read out in words, and comes when it is asked for again', async () => {
    refused();
    await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    expect(said()).toBe(NOT_LOADED);
    expect(region().getAttribute('aria-busy')).toBe('false');
    expect(screen.queryByText('Live')).toBeNull();
    vi.doUnmock(PAGE);
    button('Try now').focus();
    fireEvent.click(button('Try now'));
    expect(region().getAttribute('aria-busy')).toBe('true');
    await pageComes();
    expect(screen.queryByText(NOT_LOADED)).toBeNull();
    expect(screen.getByText('Live')).toBeTruthy();
    await waitFor(() => expect(document.activeElement?.closest('section')).toBe(region()));
  });

  test('for somebody who tried is for the browser to load anew: the file may be gone, or its failure remembered', async () => {
    const reload = vi.fn();
    vi.stubGlobal('location', { reload });
    refused();
    await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    fireEvent.click(button('Try now'));
    await screen.findByRole('button', { name: 'Reload the page' });
    expect(said()).toBe(NOT_LOADED);
    expect(reload).not.toHaveBeenCalled();
    fireEvent.click(button('Reload the page'));
    expect(reload).toHaveBeenCalledTimes(1);
  });

  test('is said anew after each attempt', async () => {
    refused();
    await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    const first = screen.getByRole('status').firstElementChild;
    fireEvent.click(button('Try now'));
    expect(said()).toBe('');
    await waitFor(() => expect(said()).toBe(NOT_LOADED));
    expect(screen.getByRole('status').firstElementChild).not.toBe(first);
  });

  test('ahead is nothing to say: it is asked for again where it is shown', async () => {
    refused();
    const { preloadSessionMonitoring } = await import('../../src/index.js');
    await preloadSessionMonitoring();
    await preloadSessionMonitoring();
    vi.doUnmock(PAGE);
    await mounted(SIGNED_IN);
    expect(screen.queryByText(NOT_LOADED)).toBeNull();
    await pageComes();
  });

  test('comes by itself once the network is back; until then there is one notice, and nothing is asked', async () => {
    const attempts = refused();
    const fake = await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    const before = attempts.mock.calls.length;
    act(() => fake.set({ online: false }));
    await shown(/^You are offline\./);
    expect(screen.queryByText(NOT_LOADED)).toBeNull();
    expect(attempts).toHaveBeenCalledTimes(before);
    vi.doUnmock(PAGE);
    act(() => fake.set({ online: true }));
    expect(said()).toBe('You are online again.');
    await pageComes();
  });

  test('comes by itself once the server answers again, and one button is enough until then', async () => {
    refused();
    const fake = await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    act(() => fake.set({ error: latchkeyError('network') }));
    await shown('We could not reach the server.');
    expect(screen.getAllByRole('button', { name: 'Try now' }).length).toBe(1);
    vi.doUnmock(PAGE);
    act(() => fake.set({ error: null }));
    await pageComes();
  });

  test('keeps nobody from reading and the app from hearing how a session ended', async () => {
    refused();
    const onSignedOut = vi.fn();
    const fake = await mounted(SIGNED_IN, { onSignedOut });
    await shown(NOT_LOADED);
    act(() => fake.set({ ...SIGNED_OUT, endedReason: 'expired' }));
    await shown('You were away for a while. Please sign in again.');
    expect(screen.queryByText(NOT_LOADED)).toBeNull();
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
  });
});

describe('code on demand', () => {
  test('is fetched once for all who ask, and again after a failure', async () => {
    const fetchPart = vi.fn(async () => ({ name: 'part' })).mockRejectedValueOnce(new TypeError('no network'));
    const part = onDemand(fetchPart);
    await Promise.all([part.load(), part.load()]);
    expect(part.get()).toEqual({ part: null, isMissing: true });
    const again = Promise.all([part.load(), part.load()]);
    expect(part.get()).toEqual({ part: null, isMissing: false });
    await again;
    await part.load();
    expect(part.get()).toEqual({ part: { name: 'part' }, isMissing: false });
    expect(fetchPart).toHaveBeenCalledTimes(2);
  });

  test('why it failed is in the console, and a bundler that answers with nothing has failed', async () => {
    const error = new SyntaxError('Unexpected token');
    const part = onDemand<object>(vi.fn(async () => undefined).mockRejectedValueOnce(error));
    await part.load();
    expect(vi.mocked(console.error).mock.calls).toEqual([[error]]);
    void part.load();
    await part.load();
    expect(part.get()).toEqual({ part: null, isMissing: true });
  });

  test('that stalls is missing after ten seconds, and taken when it comes after all', async () => {
    vi.useFakeTimers();
    let deliver = (_: object): void => {};
    const part = onDemand<object>(() => new Promise((resolve) => (deliver = resolve)));
    void part.load();
    vi.advanceTimersByTime(9_999);
    expect(part.get().isMissing).toBe(false);
    vi.advanceTimersByTime(1);
    expect(part.get().isMissing).toBe(true);
    deliver({});
    await vi.advanceTimersByTimeAsync(0);
    expect(part.get()).toEqual({ part: {}, isMissing: false });
    const quick = onDemand(async () => ({}));
    await quick.load();
    vi.advanceTimersByTime(20_000);
    expect(quick.get().isMissing).toBe(false);
    vi.useRealTimers();
  });

  test('a first attempt that fails late says nothing of the second, which is under way or has come', async () => {
    vi.useFakeTimers();
    const ends: { resolve: (part: object) => void; reject: (error: Error) => void }[] = [];
    const fetchPart = vi.fn(() => new Promise<object>((resolve, reject) => ends.push({ resolve, reject })));
    const part = onDemand<object>(fetchPart);
    void part.load();
    vi.advanceTimersByTime(10_000);
    void part.load();
    ends[0]?.reject(new TypeError('late'));
    await vi.advanceTimersByTimeAsync(0);
    expect(part.get()).toEqual({ part: null, isMissing: false });
    void part.load();
    expect(fetchPart).toHaveBeenCalledTimes(2);

    // Whichever of the two comes, what becomes of the other is no matter.
    for (const [comes, fails] of [[0, 1], [1, 0]] as const) {
      ends.length = 0;
      const other = onDemand<object>(fetchPart);
      void other.load();
      vi.advanceTimersByTime(10_000);
      void other.load();
      ends[comes]?.resolve({});
      await vi.advanceTimersByTimeAsync(0);
      ends[fails]?.reject(new TypeError('later'));
      await vi.advanceTimersByTimeAsync(0);
      expect(other.get()).toEqual({ part: {}, isMissing: false });
    }
    vi.useRealTimers();
  });

  test('who leaves hears nothing more', async () => {
    const part = onDemand(async () => ({}));
    const listener = vi.fn();
    part.subscribe(listener)();
    await part.load();
    expect(listener).not.toHaveBeenCalled();
  });
});
