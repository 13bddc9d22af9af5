// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { LatchkeyState } from '../../src/core/types.js';
import { fakeLatchkey, latchkeyError } from './support/fake-latchkey.js';
import { dashboard, expectAccessible, openPage, pass, textOf } from './support/dashboard.js';
import { ABROAD, ANALYTICS, HERE, NEW_COUNTRY, NOW, PHONE, SIGNED_IN, SIGNED_OUT, securityEvent, session } from './support/fixtures.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const rows = () => [...document.querySelectorAll('[aria-label="Sessions"] > .latchkey-card')];

describe('the sessions', () => {
  test('this device is first, the others follow by last activity', async () => {
    await dashboard({ ...SIGNED_IN, sessions: [ABROAD, PHONE, HERE] });
    expect(rows().map(textOf)).toEqual([
      'Chrome 140 on Windows This device Berlin, Germany · 198.51.100.7 Active now · Signed in 3 Nov',
      'Safari 18 on iPhone Berlin, Germany · 198.51.100.8 Last active 12 minutes ago · Signed in 3 Nov Sign out',
      'Firefox 145 on Linux Lisbon, Portugal · 203.0.113.9 Last active 2 hours ago · Signed in 25 Nov Sign out New country: Lisbon, Portugal; you usually sign in from Germany',
    ]);
  });

  test('a session without any device facts has a name', async () => {
    const bare = session({ session_id: 'bare', device_type: 'tablet', browser: null, os: null, os_version: null, location: null, ip_address: null });
    await dashboard({ ...SIGNED_IN, sessions: [HERE, bare] });
    expect(textOf(rows()[1])).toBe('Tablet Active now · Signed in 3 Nov Sign out');
  });

  test('a session that is bound to a key shows it', async () => {
    const device = session({ session_id: 'device', binding: 'dbsc' });
    await dashboard({ ...SIGNED_IN, sessions: [{ ...HERE, binding: 'dpop' }, PHONE, device] });
    const bindings = rows().map((row) => /Bound to its \w+/.exec(textOf(row))?.[0]);
    expect(bindings).toEqual(['Bound to its browser', 'Bound to its device', undefined]);
  });

  test('a browser that has lost its key asks for a new sign-in', async () => {
    await dashboard({ ...SIGNED_OUT, endedReason: 'key_lost' });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe('This browser has lost its key. Sign in again.');
  });

  test('this device is active now, whatever its clock and last call are', async () => {
    const before = { ...HERE, last_activity: new Date(Date.now() - 3_600_000).toISOString() };
    await dashboard({ ...SIGNED_IN, sessions: [before, PHONE] });
    expect(textOf(rows()[0])).toContain('Active now · ');
    await pass(600_000);
    expect(textOf(rows()[0])).toContain('Active now · ');
  });

  test.each([
    ['behind', 3_600_000],
    ['ahead', -3_600_000],
  ])("times are relative to the server's clock if the device's is an hour %s", async (_, serverTimeOffset) => {
    vi.setSystemTime(NOW.getTime() - serverTimeOffset);
    const fake = fakeLatchkey({ ...SIGNED_IN, serverTimeOffset });
    fake.sessions.events.mockResolvedValue({ events: [securityEvent({ created_at: '2026-11-25T00:30:00Z' })], next: null });
    const { container } = await dashboard({}, {}, fake);
    expect(rows().map(textOf)).toEqual([
      expect.stringContaining('Signed in 3 Nov'),
      expect.stringContaining('Last active 12 minutes ago'),
      expect.stringContaining('Last active 2 hours ago'),
    ]);
    await pass(60_000);
    expect(textOf(rows()[1])).toContain('Last active 13 minutes ago');
    expect(textOf(container.querySelector('.latchkey-events li'))).toContain('00:30 Signed in');
  });

  test('relative times have the full date as tooltip and update themselves', async () => {
    const { container } = await dashboard();
    const time = [...container.querySelectorAll('time')].find(({ dateTime }) => dateTime === PHONE.last_activity);
    expect(time?.title).toBe('Wednesday, 25 November 2026 at 09:18:00 UTC');
    expect(time?.textContent).toBe('Last active 12 minutes ago');
    await pass(60_000);
    expect(time?.textContent).toBe('Last active 13 minutes ago');
  });

  test('the numbers show the sessions, their limit and the typical length', async () => {
    await dashboard();
    expect(textOf(document.querySelector('.latchkey-numbers'))).toBe('Active sessions 3 of 5 Typical session length 4 days');
  });

  test('the chart has a title and a table with every day', async () => {
    await dashboard();
    expect(textOf(document.querySelector('.latchkey-chart figcaption'))).toBe('Sign-ins in the last 30 days 43 sign-ins');
    const table = screen.getByRole('table', { name: 'Sign-ins in the last 30 days' });
    expect([...table.querySelectorAll('tbody tr')].map(textOf)).toHaveLength(30);
    expect(textOf(table.querySelector('tbody tr'))).toBe('27 Oct0');
  });

  test('with only this device there is a text and no button for the others', async () => {
    await dashboard({ ...SIGNED_IN, sessions: [HERE] });
    expect(screen.getByText("You're not signed in anywhere else.")).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Sign out of all other sessions' })).toBeNull();
    expect(screen.getByRole('button', { name: 'Sign out everywhere' })).toBeTruthy();
  });

  test('a change in a list of 30 cards renders only the changed card', async () => {
    const many = Array.from({ length: 29 }, (_, index) =>
      session({ session_id: `many-${index}`, last_activity: new Date(NOW.getTime() - index * 60_000).toISOString() }),
    );
    // A card reads the place of its session, and nothing else does.
    const rendered = new Set<string>();
    const counted = many.map((one) => ({
      ...one,
      get location() {
        rendered.add(one.session_id);
        return null;
      },
    }));
    const { set } = await dashboard({ ...SIGNED_IN, sessions: [HERE, ...counted], analytics: null });
    expect(rows()).toHaveLength(30);
    expect(rendered.size).toBe(29);
    rendered.clear();
    const changed = Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(counted[0]), ip_address: { value: null, enumerable: true } });
    await set({ sessions: [HERE, changed as (typeof many)[0], ...counted.slice(1)] });
    expect([...rendered]).toEqual(['many-0']);
  });
});

describe('a dashboard that is not up to date', () => {
  const states: readonly [string, Partial<LatchkeyState>, string, string][] = [
    ['offline', { online: false, stale: true, confirmedAt: Date.parse('2026-11-25T09:12:00Z') }, 'offline', "You're offline. Last updated 09:12."],
    ['an error with a next try', { stale: true, error: latchkeyError('network'), retryAt: NOW.getTime() + 8_000, confirmedAt: null }, 'unreachable', "Couldn't get data from the server. Trying again in 8 s. Try again"],
    ['an error without one', { stale: true, error: latchkeyError('store_unavailable'), confirmedAt: null }, 'unreachable', "Couldn't get data from the server. Try again"],
    ['an error over older data', { stale: true, error: latchkeyError('timeout'), confirmedAt: Date.parse('2026-11-25T09:12:00Z') }, 'unreachable', "Couldn't get data from the server. Last updated 09:12. Try again"],
    ['too many requests', { error: latchkeyError('rate_limited', { retryAfter: 120 }), retryAt: NOW.getTime() + 120_000 }, 'rate-limited', 'Too many requests. This page updates again in 2 minutes.'],
    ['blocked cookies', { error: latchkeyError('cookies_blocked') }, 'error', 'Your browser blocks cookies. Allow cookies for this site to sign in. Try again'],
    ['a suspended account', { error: latchkeyError('account_suspended') }, 'error', 'Your account is suspended. Contact support if you think that this is a mistake. Try again'],
    ['the page of a Wi-Fi network', { error: latchkeyError('not_latchkey') }, 'error', 'We got an answer, but not from our server. If you use public Wi-Fi, you may need to sign in to it first. Try again'],
  ];
  test.each(states)('%s has a notice, keeps the data and is accessible', async (_, state, kind, sentence) => {
    const { container } = await dashboard({ ...SIGNED_IN, ...state });
    const notice = container.querySelector('.latchkey-notice');
    expect(notice?.getAttribute('data-kind')).toBe(kind);
    expect(textOf(notice).replaceAll('\u00A0', ' ')).toBe(sentence);
    expect(rows()).toHaveLength(3);
    expect(textOf(container.querySelector('.latchkey-live'))).toBe('○ Paused');
    await expectAccessible(container);
  });

  test('the wait counts down, and is announced once', async () => {
    const { container, set } = await dashboard();
    await set({ error: latchkeyError('network'), stale: true, retryAt: NOW.getTime() + 8_000 });
    const announced = textOf(screen.getByRole('status'));
    expect(announced).toBe("Couldn't get data from the server. Trying again in 8 s.");
    await pass(3_000);
    expect(textOf(container.querySelector('.latchkey-notice'))).toContain('Trying again in 5 s.');
    expect(textOf(screen.getByRole('status'))).toBe(announced);
  });

  test('"Try again" loads the list', async () => {
    const { click, fake } = await dashboard({ ...SIGNED_IN, error: latchkeyError('network'), stale: true });
    await click(screen.getByRole('button', { name: 'Try again' }));
    expect(fake.sessions.list).toHaveBeenCalledTimes(1);
  });

  test('without data and network there is a notice instead of a skeleton', async () => {
    const { container } = await dashboard({ error: latchkeyError('network'), retryAt: NOW.getTime() + 2_000 });
    expect(textOf(container.querySelector('.latchkey-notice'))).toContain("Couldn't get data from the server.");
    expect(container.querySelector('.latchkey-skeleton')).toBeNull();
    await expectAccessible(container);
  });

  test('a limited page without a list still offers the sign-outs, which are never limited', async () => {
    const { fake, click } = await dashboard({ ...SIGNED_IN, sessions: null, error: latchkeyError('rate_limited'), retryAt: NOW.getTime() + 840_000 });
    expect(textOf(document.querySelector('.latchkey-notice'))).toBe('Too many requests. This page updates again in 14 minutes.');
    await click(screen.getByRole('button', { name: 'Sign out of all other sessions' }));
    expect(textOf(screen.getByRole('dialog'))).toContain("You'll be signed out of all other sessions. You'll stay signed in here.");
    await click(screen.getAllByRole('button', { name: 'Sign out' }).at(-1)!);
    expect(fake.sessions.revokeOthers).toHaveBeenCalledTimes(1);
    await click(screen.getByRole('button', { name: 'Sign out everywhere' }));
    expect(textOf(screen.getByRole('dialog'))).toContain("You'll be signed out of all sessions, including this one.");
    await click(screen.getAllByRole('button', { name: 'Sign out everywhere' }).at(-1)!);
    expect(fake.sessions.revokeAll).toHaveBeenCalledTimes(1);
  });

  test('an up-to-date dashboard is live', async () => {
    const { container } = await dashboard();
    expect(textOf(container.querySelector('.latchkey-live'))).toBe('● Live');
  });
});

describe('the end of a session', () => {
  const ends: readonly [string, Partial<LatchkeyState>, string][] = [
    ['signed out', { endedReason: 'signed_out' }, "You've signed out."],
    ['elsewhere', { endedReason: 'signed_out', error: latchkeyError('session_ended', { status: 401 }) }, 'You were signed out from another device.'],
    ['evicted', { endedReason: 'evicted', sessionLimit: 5 }, 'You were signed out here because you signed in on more than 5 devices.'],
    ['evicted under another limit', { endedReason: 'evicted', sessionLimit: 3 }, 'You were signed out here because you signed in on more than 3 devices.'],
    ['expired', { endedReason: 'expired' }, 'Your session has expired. Please sign in again.'],
    ['security', { endedReason: 'security' }, 'We signed you out to protect your account because we noticed unusual activity. Please sign in again and check your devices.'],
    ['admin', { endedReason: 'admin' }, 'An administrator signed you out.'],
    ['provider', { endedReason: 'provider' }, 'You were signed out by your sign-in provider.'],
    ['never signed in', { endedReason: null }, "You're not signed in."],
  ];
  test.each(ends)('%s has a sentence, which is announced and accessible', async (_, state, sentence) => {
    const { container, set } = await dashboard();
    await set({ ...SIGNED_OUT, ...state });
    expect(textOf(container.querySelector('.latchkey-ended'))).toBe(sentence);
    expect(textOf(screen.getByRole('status'))).toBe(sentence);
    expect(container.querySelectorAll('.latchkey-card, button')).toHaveLength(0);
    await expectAccessible(container);
  });

  test('the text of an eviction has the limit that the core has forgotten', async () => {
    const { container, set } = await dashboard({ ...SIGNED_IN, sessionLimit: 3 });
    await set({ ...SIGNED_OUT, sessionLimit: null, endedReason: 'evicted' });
    expect(textOf(container.querySelector('.latchkey-ended'))).toContain('more than 3 devices');
  });

  test('onSignedOut is called once for each end, with the reason', async () => {
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

describe('accessibility', () => {
  test('loading has a text and a skeleton of rows', async () => {
    const { container } = await dashboard({});
    expect(screen.getByText('Loading sessions…')).toBeTruthy();
    expect(container.querySelectorAll('.latchkey-skeleton .latchkey-card')).toHaveLength(3);
    expect(screen.getByRole('region').getAttribute('aria-busy')).toBe('true');
    await expectAccessible(container);
  });

  test('everything at once: recommendations, findings, chart, numbers, events', async () => {
    const fake = fakeLatchkey({ ...SIGNED_IN, recommendations: [NEW_COUNTRY] });
    fake.sessions.events.mockResolvedValue({ events: [securityEvent()], next: 'more' });
    const { container } = await dashboard({}, {}, fake);
    expect(screen.getByRole('button', { name: 'Show more' })).toBeTruthy();
    await expectAccessible(container);
  });

  test('only this device, without a chart', async () => {
    const { container } = await dashboard({ ...SIGNED_IN, sessions: [HERE], analytics: { ...ANALYTICS, sign_ins_by_day: [] } });
    await expectAccessible(container);
  });
});
