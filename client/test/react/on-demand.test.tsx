// @vitest-environment jsdom
/** The dashboard's page comes on demand: what stands there until then, and what if it does not come. */
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { LatchkeyState } from '../../src/core/types.js';
import { onDemand } from '../../src/react/on-demand.js';
import type { SessionMonitoringProps } from '../../src/index.js';
import { fakeLatchkey } from './support/fake-latchkey.js';
import { SIGNED_IN, SIGNED_OUT } from './support/world.js';

const PAGE = '../../src/react/dashboard.js';
const refused = (): never => {
  throw new TypeError('Failed to fetch dynamically imported module');
};

// What has been loaded once stays loaded: each test begins without it.
beforeEach(() => vi.resetModules());
afterEach(() => {
  cleanup();
  vi.doUnmock(PAGE);
});

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

const region = () => screen.getByRole('region', { name: "Where you're signed in" });
const rows = () => document.querySelectorAll('.latchkey-rows:not([aria-hidden]) .latchkey-row');

describe('before the page has come', () => {
  test('its heading and empty rows are there, and the sessions are already asked for', async () => {
    const fake = await mounted(SIGNED_IN);
    expect(region().getAttribute('aria-busy')).toBe('true');
    expect(screen.getByText('Looking up where you are signed in …')).toBeTruthy();
    expect(fake.watching).toMatchObject({ now: 1, starts: 1 });
    await waitFor(() => expect(rows().length).toBe(SIGNED_IN.sessions?.length));
    expect(screen.getByText('This device')).toBeTruthy();
    // The poll under way was not begun anew.
    expect(fake.watching).toMatchObject({ now: 1, starts: 1 });
  });

  test('it speaks with the texts of the app', async () => {
    await mounted(SIGNED_IN, { labels: { title: 'Appareils', loading: 'Un instant' }, locale: 'fr' });
    const section = screen.getByRole('region', { name: 'Appareils' });
    expect(section.getAttribute('lang')).toBe('fr');
    expect(screen.getByText('Un instant')).toBeTruthy();
  });

  test('the app hears that nobody is signed in, once', async () => {
    const onSignedOut = vi.fn();
    await mounted({ ...SIGNED_OUT, endedReason: 'expired' }, { onSignedOut });
    expect(onSignedOut.mock.calls).toEqual([['expired']]);
    await screen.findByText('You were away for a while. Please sign in again.');
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test('an app may load it ahead, and then nobody waits', async () => {
    const { preloadSessionMonitoring } = await import('../../src/index.js');
    await preloadSessionMonitoring();
    await mounted(SIGNED_IN);
    expect(screen.queryByText('Looking up where you are signed in …')).toBeNull();
    expect(rows().length).toBe(SIGNED_IN.sessions?.length);
  });
});

describe('a page that does not come', () => {
  test('is said in words, and comes when it is asked for again', async () => {
    vi.doMock(PAGE, refused);
    await mounted(SIGNED_IN);
    expect((await screen.findByRole('alert')).textContent).toContain('We could not reach the server.');
    expect(region().getAttribute('aria-busy')).toBe('false');
    vi.doUnmock(PAGE);
    fireEvent.click(screen.getByRole('button', { name: 'Try now' }));
    await waitFor(() => expect(rows().length).toBe(SIGNED_IN.sessions?.length));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('comes by itself once the network is back', async () => {
    vi.doMock(PAGE, refused);
    const fake = await mounted({ ...SIGNED_IN, online: false });
    await screen.findByRole('alert');
    vi.doUnmock(PAGE);
    act(() => fake.set({ online: true }));
    await screen.findByText('This device');
  });

  test('keeps nobody from hearing that they were signed out', async () => {
    vi.doMock(PAGE, refused);
    const onSignedOut = vi.fn();
    const fake = await mounted(SIGNED_IN, { onSignedOut });
    await screen.findByRole('alert');
    act(() => fake.set({ ...SIGNED_OUT, endedReason: 'security' }));
    expect(onSignedOut.mock.calls).toEqual([['security']]);
  });
});

describe('code on demand', () => {
  test('is fetched once for all who ask, and again after a failure', async () => {
    const fetchPart = vi.fn(async () => ({ name: 'part' })).mockRejectedValueOnce(new TypeError('no network'));
    const part = onDemand(fetchPart);
    await Promise.all([part.load(), part.load()]);
    expect(part.get()).toEqual({ part: null, hasFailed: true });
    await Promise.all([part.load(), part.load()]);
    await part.load();
    expect(part.get()).toEqual({ part: { name: 'part' }, hasFailed: false });
    expect(fetchPart).toHaveBeenCalledTimes(2);
  });
});
