// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { LatchkeyState } from '../../src/core/types.js';
import { fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { dashboard, expectAccessible, openPage, pass, wordsOf } from './support/dashboard.js';
import { ABROAD, ANALYTICS, HERE, NEW_COUNTRY, NOW, PHONE, SIGNED_IN, SIGNED_OUT, securityEvent, session } from './support/world.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const rows = () => [...document.querySelectorAll('[aria-label="Sessions"] > .latchkey-row')];

describe('the sessions', () => {
  test('this device is first and marked, the others follow by last activity', async () => {
    await dashboard({ ...SIGNED_IN, sessions: [ABROAD, PHONE, HERE] });
    expect(rows().map(wordsOf)).toEqual([
      'This device Chrome 140 on Windows 11 · Berlin, DE · 198.51.100.7 · active now · since 3 Nov',
      'iPhone Safari on iOS 18 · Berlin, DE · active 12 minutes ago Sign out',
      'Firefox on Linux · Lisbon, PT · active 2 hours ago · new country: Lisbon, PT; you usually sign in from Germany Sign out',
    ]);
  });

  test('a session of which nothing is known has a name all the same', async () => {
    const bare = session({ session_id: 'bare', device_type: 'tablet', browser: null, os: null, os_version: null, location: null, ip_address: null });
    await dashboard({ ...SIGNED_IN, sessions: [HERE, bare] });
    expect(wordsOf(rows()[1])).toBe('Tablet active now Sign out');
  });

  test('this device is active now, whatever its clock says and whenever it called last', async () => {
    const before = { ...HERE, last_activity: new Date(Date.now() - 3_600_000).toISOString() };
    await dashboard({ ...SIGNED_IN, sessions: [before, PHONE] });
    expect(wordsOf(rows()[0])).toContain(' · active now · ');
    await pass(600_000);
    expect(wordsOf(rows()[0])).toContain(' · active now · ');
  });

  test('times are elements with the full date, and relative ones move on by themselves', async () => {
    const { container } = await dashboard();
    const time = [...container.querySelectorAll('time')].find(({ dateTime }) => dateTime === PHONE.last_activity);
    expect(time?.title).toBe('Wednesday, 25 November 2026 at 09:18:00 UTC');
    expect(time?.textContent).toBe('active 12 minutes ago');
    await pass(60_000);
    expect(time?.textContent).toBe('active 13 minutes ago');
  });

  test('numbers: sessions of the limit, and the typical length', async () => {
    await dashboard();
    expect(wordsOf(document.querySelector('.latchkey-numbers'))).toBe('Sessions 3 of 5 Typical length 4 days');
  });

  test('the chart has a title and a table with every day', async () => {
    await dashboard();
    expect(screen.getByRole('img', { name: '43 sign-ins in the last 30 days' })).toBeTruthy();
    const table = screen.getByRole('table', { name: 'Sign-ins, last 30 days' });
    expect([...table.querySelectorAll('tbody tr')].map(wordsOf)).toHaveLength(30);
    expect(wordsOf(table.querySelector('tbody tr'))).toBe('27 Oct0');
  });

  test('only this device is said in words, and there are no others to sign out', async () => {
    await dashboard({ ...SIGNED_IN, sessions: [HERE] });
    expect(screen.getByText('You are signed in only here.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Sign out all others' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Sign out everywhere …' })).toBeTruthy();
  });

  test('200 rows are rendered once, and a change renders the one row that has changed', async () => {
    const many = Array.from({ length: 199 }, (_, index) =>
      session({ session_id: `many-${index}`, last_activity: new Date(NOW.getTime() - index * 60_000).toISOString() }),
    );
    const labels = { software: vi.fn(() => 'software') };
    const { set } = await dashboard({ ...SIGNED_IN, sessions: [HERE, ...many], analytics: null }, { labels });
    expect(rows()).toHaveLength(200);
    labels.software.mockClear();
    await set({ sessions: [HERE, session({ ...many[0]!, ip_address: null, location: null }), ...many.slice(1)] });
    expect(labels.software.mock.calls.length).toBeGreaterThan(0);
    expect(labels.software.mock.calls.length).toBeLessThan(4);
  });
});

describe('a page that is not up to date', () => {
  const states: readonly [string, Partial<LatchkeyState>, string, string][] = [
    ['offline', { online: false, stale: true, confirmedAt: Date.parse('2026-11-25T09:12:00Z') }, 'offline', 'You are offline. What you see is from 09:12.'],
    ['an error with a next try', { stale: true, error: latchkeyError('network'), retryAt: NOW.getTime() + 8_000, confirmedAt: null }, 'unreachable', 'We could not reach the server. Trying again in 8 s. Try now'],
    ['an error without one', { stale: true, error: latchkeyError('store_unavailable'), confirmedAt: null }, 'unreachable', 'We could not reach the server. Try now'],
    ['an error over older data', { stale: true, error: latchkeyError('timeout'), confirmedAt: Date.parse('2026-11-25T09:12:00Z') }, 'unreachable', 'We could not reach the server. What you see is from 09:12. Try now'],
    ['too many requests', { error: latchkeyError('rate_limited', { retryAfter: 120 }), retryAt: NOW.getTime() + 120_000 }, 'limited', 'Too many requests. This page goes on by itself in 2 minutes.'],
    ['blocked cookies', { error: latchkeyError('cookies_blocked') }, 'told', 'This browser blocks the cookies that signing in needs. Allow them for this site. Try now'],
    ['the page of a Wi-Fi network', { error: latchkeyError('not_latchkey') }, 'told', 'Something between you and us answered instead of the server, for example the sign-in page of a Wi-Fi network. Try now'],
  ];
  test.each(states)('%s is said in words, the data stays, and axe finds nothing', async (_, state, kind, sentence) => {
    const { container } = await dashboard({ ...SIGNED_IN, ...state });
    const notice = container.querySelector('.latchkey-notice');
    expect(notice?.getAttribute('data-kind')).toBe(kind);
    expect(wordsOf(notice).replaceAll('\u00A0', ' ')).toBe(sentence);
    expect(rows()).toHaveLength(3);
    expect(wordsOf(container.querySelector('.latchkey-live'))).toBe('○ Not live');
    await expectAccessible(container);
  });

  test('the wait counts down, and is announced once', async () => {
    const { container, set } = await dashboard();
    await set({ error: latchkeyError('network'), stale: true, retryAt: NOW.getTime() + 8_000 });
    const announced = wordsOf(screen.getByRole('status'));
    expect(announced).toBe('We could not reach the server. Trying again in 8 s.');
    await pass(3_000);
    expect(wordsOf(container.querySelector('.latchkey-notice'))).toContain('Trying again in 5 s.');
    expect(wordsOf(screen.getByRole('status'))).toBe(announced);
  });

  test('try now asks for the list', async () => {
    const { click, fake } = await dashboard({ ...SIGNED_IN, error: latchkeyError('network'), stale: true });
    await click(screen.getByRole('button', { name: 'Try now' }));
    expect(fake.sessions.list).toHaveBeenCalledTimes(1);
  });

  test('nothing to show yet and no network: the notice is there and no skeleton that waits for ever', async () => {
    const { container } = await dashboard({ error: latchkeyError('network'), retryAt: NOW.getTime() + 2_000 });
    expect(wordsOf(container.querySelector('.latchkey-notice'))).toContain('We could not reach the server.');
    expect(container.querySelector('.latchkey-skeleton')).toBeNull();
    await expectAccessible(container);
  });

  test('an up-to-date page is live', async () => {
    const { container } = await dashboard();
    expect(wordsOf(container.querySelector('.latchkey-live'))).toBe('● Live');
  });
});

describe('an end', () => {
  const ends: readonly [string, Partial<LatchkeyState>, string][] = [
    ['signed out', { endedReason: 'signed_out' }, 'You signed out.'],
    ['elsewhere', { endedReason: 'signed_out', error: latchkeyError('session_ended', { status: 401 }) }, 'You were signed out from another device.'],
    ['evicted', { endedReason: 'evicted', sessionLimit: 5 }, 'You signed in on a sixth device, so this one was signed out.'],
    ['evicted under another limit', { endedReason: 'evicted', sessionLimit: 3 }, 'You signed in on more than 3 devices, so this one was signed out.'],
    ['expired', { endedReason: 'expired' }, 'You were away for a while. Please sign in again.'],
    ['security', { endedReason: 'security' }, 'For your safety this session was ended: its sign-in was used in two places. If that was not you, sign in and check your devices.'],
    ['admin', { endedReason: 'admin' }, 'An administrator ended this session.'],
    ['never signed in', { endedReason: null }, 'You are not signed in.'],
  ];
  test.each(ends)('%s has its sentence, which is announced, and axe finds nothing', async (_, state, sentence) => {
    const { container, set } = await dashboard();
    await set({ ...SIGNED_OUT, ...state });
    expect(wordsOf(container.querySelector('.latchkey-ended'))).toBe(sentence);
    expect(wordsOf(screen.getByRole('status'))).toBe(sentence);
    expect(container.querySelectorAll('.latchkey-row, button')).toHaveLength(0);
    await expectAccessible(container);
  });

  test('a core that forgets the limit at the end is remembered', async () => {
    const { container, set } = await dashboard({ ...SIGNED_IN, sessionLimit: 3 });
    await set({ ...SIGNED_OUT, sessionLimit: null, endedReason: 'evicted' });
    expect(wordsOf(container.querySelector('.latchkey-ended'))).toContain('more than 3 devices');
  });

  test('onSignedOut is told once each time, with the reason', async () => {
    const onSignedOut = vi.fn();
    const { set, rerender } = await dashboard(SIGNED_IN, { onSignedOut });
    expect(onSignedOut).not.toHaveBeenCalled();
    await set({ ...SIGNED_OUT, endedReason: 'security' });
    rerender({});
    await set({ online: false });
    expect(onSignedOut.mock.calls).toEqual([['security']]);
    await set({ ...SIGNED_IN, endedReason: null });
    await set({ ...SIGNED_OUT, endedReason: 'expired' });
    expect(onSignedOut.mock.calls).toEqual([['security'], ['expired']]);
  });
});

describe('without findings for axe', () => {
  test('loading, whose skeleton has the height of rows and says what it waits for', async () => {
    const { container } = await dashboard({});
    expect(screen.getByText('Looking up where you are signed in …')).toBeTruthy();
    expect(container.querySelectorAll('.latchkey-skeleton .latchkey-row')).toHaveLength(3);
    expect(screen.getByRole('region').getAttribute('aria-busy')).toBe('true');
    await expectAccessible(container);
  });

  test('everything at once: recommendations, risks, numbers, chart, events', async () => {
    const fake = fakeLatchkey({ ...SIGNED_IN, recommendations: [NEW_COUNTRY] });
    fake.sessions.events.mockResolvedValue({ events: [securityEvent()], next: 'more' });
    const { container } = await dashboard({}, {}, fake);
    expect(screen.getByRole('button', { name: 'Show more' })).toBeTruthy();
    await expectAccessible(container);
  });

  test('only this device', async () => {
    const { container } = await dashboard({ ...SIGNED_IN, sessions: [HERE], analytics: { ...ANALYTICS, sign_ins_by_day: [] } });
    await expectAccessible(container);
  });
});
