// @vitest-environment jsdom
/** The page with the sessions comes on demand: what stands there until then, and what if it does not come. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { LatchkeyState } from '../../src/core/types.js';
import { onDemand } from '../../src/react/on-demand.js';
import type { SessionMonitoringProps } from '../../src/index.js';
import { fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { SIGNED_IN, SIGNED_OUT } from './support/world.js';

const PAGE = '../../src/react/sessions-page.js';
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
    const labels = { title: undefined, notLoaded: 'Chargement impossible', tryNow: undefined } as object;
    await mounted(SIGNED_IN, { labels, locale: 'fr' });
    await shown('Chargement impossible');
    expect(region().getAttribute('lang')).toBe('fr');
    expect(button('Try now')).toBeTruthy();
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

  test('markup from a server becomes the page without a complaint, loaded ahead or not', async () => {
    const { LatchkeyProvider, preloadSessionMonitoring, SessionMonitoring } = await import('../../src/index.js');
    await preloadSessionMonitoring();
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
    vi.doUnmock(PAGE);
    button('Try now').focus();
    fireEvent.click(button('Try now'));
    await pageComes();
    expect(screen.queryByText(NOT_LOADED, { selector: 'section > p *' })).toBeNull();
    await waitFor(() => expect(document.activeElement?.closest('section')).toBe(region()));
  });

  test('twice is for the browser to load anew: the file may be gone, or its failure remembered', async () => {
    const reload = vi.fn();
    vi.stubGlobal('location', { reload });
    refused();
    await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    fireEvent.click(button('Try now'));
    await screen.findByRole('button', { name: 'Reload the page' });
    expect(reload).not.toHaveBeenCalled();
    fireEvent.click(button('Reload the page'));
    expect(reload).toHaveBeenCalledTimes(1);
  });

  test('comes by itself once the network is back, and is not asked for when it goes', async () => {
    const attempts = refused();
    const fake = await mounted(SIGNED_IN);
    await shown(NOT_LOADED);
    const before = attempts.mock.calls.length;
    act(() => fake.set({ online: false }));
    await shown(/^You are offline\./);
    expect(attempts).toHaveBeenCalledTimes(before);
    vi.doUnmock(PAGE);
    act(() => fake.set({ online: true }));
    await pageComes();
  });

  test('comes by itself once the server answers again', async () => {
    refused();
    const fake = await mounted({ ...SIGNED_IN, error: latchkeyError('network') });
    await shown(NOT_LOADED);
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
    expect(screen.queryByText(NOT_LOADED, { selector: 'section > p *' })).toBeNull();
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
  });
});

describe('code on demand', () => {
  test('is fetched once for all who ask, and again after a failure', async () => {
    const fetchPart = vi.fn(async () => ({ name: 'part' })).mockRejectedValueOnce(new TypeError('no network'));
    const part = onDemand(fetchPart);
    await Promise.all([part.load(), part.load()]);
    expect(part.get()).toEqual({ part: null, failures: 1 });
    await Promise.all([part.load(), part.load()]);
    await part.load();
    expect(part.get()).toEqual({ part: { name: 'part' }, failures: 1 });
    expect(fetchPart).toHaveBeenCalledTimes(2);
  });

  test('why it failed is in the console, and a bundler that answers with nothing has failed', async () => {
    const error = new SyntaxError('Unexpected token');
    const part = onDemand<object>(vi.fn(async () => undefined).mockRejectedValueOnce(error));
    await part.load();
    expect(vi.mocked(console.error).mock.calls).toEqual([[error]]);
    await part.load();
    expect(part.get()).toEqual({ part: null, failures: 2 });
  });

  test('who leaves hears nothing more', async () => {
    const part = onDemand(async () => ({}));
    const listener = vi.fn();
    part.subscribe(listener)();
    await part.load();
    expect(listener).not.toHaveBeenCalled();
  });
});
