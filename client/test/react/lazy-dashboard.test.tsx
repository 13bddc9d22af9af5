// @vitest-environment jsdom
/** The sessions page is loaded on demand: what is shown until then, and what happens if it cannot be loaded. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { LatchkeyState } from '../../src/core/types.js';
import { lazyModule } from '../../src/react/hooks/lazy-module.js';
import type { SessionMonitoringProps } from '../../src/index.js';
import { fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { SIGNED_IN, SIGNED_OUT } from './support/fixtures.js';

const PAGE = '../../src/react/dashboard/sessions-page.js';
const NOT_LOADED = "This part of the page couldn't be loaded.";
/** Long enough for a busy machine to compile the page. */
const SLOW = { timeout: 10_000 };

// A module that was loaded once stays loaded, so each test starts with fresh modules.
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

/** Makes every import of the sessions page fail; returns a mock that counts the attempts. */
function failImport() {
  const attempts = vi.fn(() => {
    throw new TypeError('Failed to fetch dynamically imported module');
  });
  vi.doMock(PAGE, attempts);
  return attempts;
}

async function mount(state: Partial<LatchkeyState>, props: SessionMonitoringProps = {}) {
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
const rows = () => document.querySelectorAll('.latchkey-cards:not([aria-hidden]) .latchkey-card');
const pageIsShown = () => waitFor(() => expect(rows().length).toBe(SIGNED_IN.sessions?.length), SLOW);
const announced = () => screen.getByRole('status').textContent;
/** Finds visible text, because the live region contains the same text. */
const shown = (text: string | RegExp) => screen.findByText(text, { selector: '.latchkey-notice, .latchkey-notice *, .latchkey-ended' }, SLOW);
const button = (name: string) => screen.getByRole('button', { name });

describe('before the page is loaded', () => {
  test('importing the package does not load it', async () => {
    const attempts = failImport();
    await import('../../src/index.js');
    expect(attempts).not.toHaveBeenCalled();
  });

  test('the heading of another user shows no id that could reorder it', async () => {
    failImport();
    const { LatchkeyProvider, SessionMonitoring } = await import('../../src/index.js');
    const { ADD_ON } = await import('../../src/core/runtime/add-ons.js');
    const { client, sessions } = fakeLatchkey({ ...SIGNED_IN, userId: 'root' });
    const ofUser = { ...sessions, getState: client.getState, subscribe: client.subscribe };
    const administrator = { ...client, [ADD_ON]: <T,>() => Object.assign(() => ofUser, sessions) as T };
    const titleOf = (userId: string) => {
      const { unmount } = render(
        <LatchkeyProvider client={administrator}>
          <SessionMonitoring userId={userId} />
        </LatchkeyProvider>,
      );
      const { textContent } = screen.getByRole('heading', { level: 2 });
      unmount();
      return textContent;
    };
    expect([titleOf('acme|ada+1@example.com'), titleOf('\u202Emoc.live')]).toEqual(['Where acme|ada+1@example.com is signed in', 'Where … is signed in']);
  });

  test('heading, skeleton and live region are there and the list is loading', async () => {
    const fake = await mount(SIGNED_IN);
    expect(region().getAttribute('aria-busy')).toBe('true');
    expect(screen.getByText('Loading sessions…')).toBeTruthy();
    const [heading, live] = [screen.getByRole('heading', { level: 2 }), screen.getByRole('status')];
    expect(fake.watching).toMatchObject({ now: 1, starts: 1 });
    await pageIsShown();
    // The same elements, so that neither the focus nor a screen reader's live region is lost.
    expect([heading.isConnected, live.isConnected]).toEqual([true, true]);
    expect(region().getAttribute('aria-busy')).toBe('false');
    expect(fake.watching).toMatchObject({ now: 1, starts: 1 });
  });

  test("the app's labels are used, and ours where the app has none", async () => {
    failImport();
    const labels = { title: undefined, loadFailed: 'Chargement impossible', 'ended.expired': 7 } as object;
    await mount(SIGNED_IN, { labels, locale: 'fr' });
    await shown('Chargement impossible');
    expect(region().getAttribute('lang')).toBe('fr');
  });

  test('without own labels the lang attribute is en', async () => {
    await mount(SIGNED_IN, { locale: 'fr' });
    expect(region().getAttribute('lang')).toBe('en');
  });

  test('a preloaded page is shown without a skeleton', async () => {
    const { preloadSessionMonitoring } = await import('../../src/index.js');
    await preloadSessionMonitoring();
    await mount(SIGNED_IN);
    expect(screen.queryByText('Loading sessions…')).toBeNull();
    expect(rows().length).toBe(SIGNED_IN.sessions?.length);
  });

  test("server HTML is hydrated in English, and then gets the browser's language", async () => {
    vi.stubGlobal('navigator', { ...navigator, language: 'de', userAgent: navigator.userAgent });
    const { LatchkeyProvider, SessionMonitoring } = await import('../../src/index.js');
    const app = (
      <LatchkeyProvider client={fakeLatchkey(SIGNED_IN).client}>
        <SessionMonitoring />
      </LatchkeyProvider>
    );
    const container = document.body.appendChild(document.createElement('div'));
    container.innerHTML = renderToString(app);
    expect(container.textContent).toContain('Loading sessions…');
    render(app, { container, hydrate: true });
    expect(region('Wo Sie angemeldet sind')).toBeTruthy();
    expect(vi.mocked(console.error).mock.calls).toEqual([]);
  });

  test.each([true, false])('server HTML is hydrated without an error, preloaded: %s', async (isAhead) => {
    const { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring } = await import('../../src/index.js');
    if (isAhead) await preloadSessionMonitoring();
    const app = (
      <LatchkeyProvider client={fakeLatchkey(SIGNED_IN).client}>
        <SessionMonitoring />
      </LatchkeyProvider>
    );
    const container = document.body.appendChild(document.createElement('div'));
    container.innerHTML = renderToString(app);
    expect(container.textContent).toContain('Loading sessions…');
    render(app, { container, hydrate: true });
    await pageIsShown();
    expect(vi.mocked(console.error).mock.calls).toEqual([]);
  });

  test('it is not downloaded if the user is not signed in', async () => {
    const attempts = failImport();
    const fake = await mount({});
    expect(region().getAttribute('aria-busy')).toBe('true');
    act(() => fake.set(SIGNED_OUT));
    await shown("You're not signed in.");
    expect(attempts).not.toHaveBeenCalled();
  });

  test('there is no button whose dialog could not be shown', async () => {
    failImport();
    await mount(SIGNED_IN);
    await shown(NOT_LOADED);
    expect(screen.queryByRole('button', { name: 'Sign out of all other sessions' })).toBeNull();
  });
});

describe('a page that cannot be loaded', () => {
  test('has an error, which is announced, and a button that tries again', async () => {
    failImport();
    await mount(SIGNED_IN);
    await shown(NOT_LOADED);
    await waitFor(() => expect(announced()).toBe(NOT_LOADED));
    expect(region().getAttribute('aria-busy')).toBe('false');
    expect(screen.queryByText('Live')).toBeNull();
    vi.doUnmock(PAGE);
    button('Try again').focus();
    fireEvent.click(button('Try again'));
    expect(region().getAttribute('aria-busy')).toBe('true');
    await pageIsShown();
    expect(screen.queryByText(NOT_LOADED)).toBeNull();
    expect(screen.getByText('Live')).toBeTruthy();
    await waitFor(() => expect(document.activeElement?.closest('section')).toBe(region()));
  });

  test('offers a reload after another failure, because the file may be gone', async () => {
    const reload = vi.fn();
    vi.stubGlobal('location', { reload });
    failImport();
    await mount(SIGNED_IN);
    await shown(NOT_LOADED);
    fireEvent.click(button('Try again'));
    await screen.findByRole('button', { name: 'Reload page' });
    await waitFor(() => expect(announced()).toBe(NOT_LOADED));
    expect(reload).not.toHaveBeenCalled();
    fireEvent.click(button('Reload page'));
    expect(reload).toHaveBeenCalledTimes(1);
  });

  test('is announced again after each attempt', async () => {
    failImport();
    await mount(SIGNED_IN);
    await shown(NOT_LOADED);
    const first = screen.getByRole('status').firstElementChild;
    fireEvent.click(button('Try again'));
    await waitFor(() => expect(announced()).toBe(''));
    await waitFor(() => expect(announced()).toBe(NOT_LOADED));
    expect(screen.getByRole('status').firstElementChild).not.toBe(first);
  });

  test('a failed preload shows no error and is tried again with the dashboard', async () => {
    failImport();
    const { preloadSessionMonitoring } = await import('../../src/index.js');
    await preloadSessionMonitoring();
    await preloadSessionMonitoring();
    vi.doUnmock(PAGE);
    await mount(SIGNED_IN);
    expect(screen.queryByText(NOT_LOADED)).toBeNull();
    await pageIsShown();
  });

  test('is loaded when the network is back, and not tried without it', async () => {
    const attempts = failImport();
    const fake = await mount(SIGNED_IN);
    await shown(NOT_LOADED);
    const before = attempts.mock.calls.length;
    act(() => fake.set({ online: false }));
    await shown(NOT_LOADED);
    expect(attempts).toHaveBeenCalledTimes(before);
    vi.doUnmock(PAGE);
    act(() => fake.set({ online: true }));
    await waitFor(() => expect(announced()).toBe(''));
    await pageIsShown();
  });

  test('is loaded when the server answers again, with one button until then', async () => {
    failImport();
    const fake = await mount(SIGNED_IN);
    await shown(NOT_LOADED);
    act(() => fake.set({ error: latchkeyError('network') }));
    expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['Try again']);
    vi.doUnmock(PAGE);
    act(() => fake.set({ error: null }));
    await pageIsShown();
  });

  test('does not hide the end of a session from the app', async () => {
    failImport();
    const onSignedOut = vi.fn();
    const fake = await mount(SIGNED_IN, { onSignedOut });
    await shown(NOT_LOADED);
    act(() => fake.set({ ...SIGNED_OUT, endedReason: 'expired' }));
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
    vi.doUnmock(PAGE);
    fireEvent.click(button('Try again'));
    await shown('Your session has expired. Please sign in again.');
  });

  test('in German has an error in German', async () => {
    failImport();
    await mount(SIGNED_IN, { locale: 'de' });
    await shown('Dieser Teil der Seite konnte nicht geladen werden.');
    expect(button('Erneut versuchen')).toBeTruthy();
  });
});

describe('lazyModule', () => {
  test('imports once for concurrent calls, and again after a failure', async () => {
    const importModule = vi.fn(async () => ({ name: 'sessions' })).mockRejectedValueOnce(new TypeError('no network'));
    const lazy = lazyModule(importModule);
    await Promise.all([lazy.load(), lazy.load()]);
    expect(lazy.get()).toEqual({ module: null, hasFailed: true });
    const again = Promise.all([lazy.load(), lazy.load()]);
    expect(lazy.get()).toEqual({ module: null, hasFailed: false });
    await again;
    await lazy.load();
    expect(lazy.get()).toEqual({ module: { name: 'sessions' }, hasFailed: false });
    expect(importModule).toHaveBeenCalledTimes(2);
  });

  test('logs the error, and counts an empty module as a failure', async () => {
    const error = new SyntaxError('Unexpected token');
    const lazy = lazyModule<object>(vi.fn(async () => undefined).mockRejectedValueOnce(error));
    await lazy.load();
    expect(vi.mocked(console.error).mock.calls).toEqual([[error]]);
    void lazy.load();
    await lazy.load();
    expect(lazy.get()).toEqual({ module: null, hasFailed: true });
  });

  test('fails after ten seconds, but uses a module that arrives later', async () => {
    vi.useFakeTimers();
    let deliver = (_: object): void => {};
    const lazy = lazyModule<object>(() => new Promise((resolve) => (deliver = resolve)));
    void lazy.load();
    vi.advanceTimersByTime(9_999);
    expect(lazy.get().hasFailed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(lazy.get().hasFailed).toBe(true);
    deliver({});
    await vi.advanceTimersByTimeAsync(0);
    expect(lazy.get()).toEqual({ module: {}, hasFailed: false });
    const quick = lazyModule(async () => ({}));
    await quick.load();
    vi.advanceTimersByTime(20_000);
    expect(quick.get().hasFailed).toBe(false);
    vi.useRealTimers();
  });

  test('a late failure of the first attempt does not affect the second', async () => {
    vi.useFakeTimers();
    const ends: { resolve: (module: object) => void; reject: (error: Error) => void }[] = [];
    const importModule = vi.fn(() => new Promise<object>((resolve, reject) => ends.push({ resolve, reject })));
    const lazy = lazyModule<object>(importModule);
    void lazy.load();
    vi.advanceTimersByTime(10_000);
    void lazy.load();
    ends[0]?.reject(new TypeError('late'));
    await vi.advanceTimersByTimeAsync(0);
    expect(lazy.get()).toEqual({ module: null, hasFailed: false });
    void lazy.load();
    expect(importModule).toHaveBeenCalledTimes(2);

    // Whichever attempt succeeds, the failure of the other one has no effect.
    for (const [comes, fails] of [[0, 1], [1, 0]] as const) {
      ends.length = 0;
      const other = lazyModule<object>(importModule);
      void other.load();
      vi.advanceTimersByTime(10_000);
      void other.load();
      ends[comes]?.resolve({});
      await vi.advanceTimersByTimeAsync(0);
      ends[fails]?.reject(new TypeError('later'));
      await vi.advanceTimersByTimeAsync(0);
      expect(other.get()).toEqual({ module: {}, hasFailed: false });
    }
    vi.useRealTimers();
  });

  test('a listener that has unsubscribed is not called', async () => {
    const lazy = lazyModule(async () => ({}));
    const listener = vi.fn();
    lazy.subscribe(listener)();
    await lazy.load();
    expect(listener).not.toHaveBeenCalled();
  });
});
