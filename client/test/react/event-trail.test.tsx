// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { SecurityEvent, Session } from '../../src/core/types.js';
import { describeEvent } from '../../src/react/i18n/describe-entry.js';
import { english } from './support/i18n.js';
import { dashboard, openPage, pass, textOf } from './support/dashboard.js';
import { fakeLatchkey } from './support/fake-latchkey.js';
import { ABROAD, HERE, PHONE, SIGNED_IN, securityEvent } from './support/fixtures.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

let number = 0;
const eventOf = (event_type: SecurityEvent['event_type'], { session_id }: Session, details: SecurityEvent['details'], part: Partial<SecurityEvent> = {}) =>
  securityEvent({ event_id: `e-${++number}`, event_type, session_id, details, created_at: '2026-11-25T09:12:00Z', ...part });

async function lines(events: readonly SecurityEvent[]): Promise<readonly string[]> {
  const fake = fakeLatchkey({ ...SIGNED_IN, sessions: [HERE, ABROAD] });
  fake.sessions.events.mockResolvedValue({ events, next: null });
  const { container } = await dashboard({}, {}, fake);
  return [...container.querySelectorAll('.latchkey-events li')].map(textOf);
}

const signIn = eventOf('login', PHONE, { device: 'iPhone', ip: '198.51.100.8' }, { created_at: '2026-11-25T09:00:00Z' });

describe('the end of a session in the trail is one line', () => {
  const byUser = { reason: 'signed_out', by: { kind: 'user' }, lasted_seconds: 720 } as const;

  test('that names the device that ended and the one that ended it', async () => {
    const ended = eventOf('session_ended', PHONE, byUser);
    const cause = eventOf('logout', HERE, { device: 'Chrome on Windows', ip: '198.51.100.7', ended: 1 });
    for (const events of [[cause, ended, signIn], [ended, cause, signIn]]) {
      expect(await lines(events)).toEqual([
        '09:12 Signed out by you iPhone, from Chrome on Windows',
        '09:00 Signed in iPhone 198.51.100.8',
      ]);
      cleanup();
    }
  });

  test('for each of several sessions that one sign-out ended', async () => {
    const cause = eventOf('logout', HERE, { device: 'Chrome on Windows', ended: 2 });
    expect(await lines([cause, eventOf('session_ended', PHONE, byUser), eventOf('session_ended', ABROAD, byUser), signIn])).toEqual([
      '09:12 Signed out by you iPhone, from Chrome on Windows',
      '09:12 Signed out by you Firefox on Linux, from Chrome on Windows',
      '09:00 Signed in iPhone 198.51.100.8',
    ]);
  });

  test('without a second device if the session ended itself', async () => {
    const cause = eventOf('logout', PHONE, { device: 'iPhone', ended: 1 });
    expect(await lines([cause, eventOf('session_ended', PHONE, byUser), signIn])).toContain('09:12 Signed out by you iPhone');
  });

  test('with the device of the event, if the API names it', async () => {
    expect(await lines([eventOf('session_ended', PHONE, { ...byUser, device: 'Safari on iPhone' })])).toEqual(['09:12 Signed out by you Safari on iPhone']);
  });

  test('with the device that a list has named before', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const { container, set } = await dashboard({}, {}, fake);
    fake.sessions.events.mockResolvedValue({ events: [eventOf('session_ended', PHONE, byUser)], next: null });
    await set({ sessions: [HERE, ABROAD] });
    await pass();
    expect(textOf(container.querySelector('.latchkey-events li'))).toBe('09:12 Signed out by you Safari on iPhone');
  });

  test.each([
    ['admin', 'mallory', 'Signed out by an administrator'],
    ['provider', 'provider', 'Signed out by the sign-in provider'],
    ['reuse_detected', 'system', 'Signed out for security: used in two places'],
    ['state_regression', 'system', 'Signed out for security: newer than our records'],
    ['risk', 'system', 'Signed out for security: unusual activity'],
    ['security', 'system', 'Signed out for security'],
    ['expired', 'system', 'Session expired'],
    ['a reason of a newer server', 'system', 'Session ended'],
    ['constructor', 'system', 'Session ended'],
  ])('with the reason %s', async (reason, by, text) => {
    // A sign-out at the same moment is not the cause of an end with another reason.
    const unrelated = eventOf('logout', HERE, { device: 'Chrome on Windows', ended: 0 });
    const shown = await lines([eventOf('session_ended', PHONE, { reason, by }), unrelated, signIn]);
    expect(shown.slice(0, 2)).toEqual([`09:12 ${text} iPhone`, '09:12 Sign-out requested Chrome on Windows']);
  });

  test('that names both devices if the limit ended it', async () => {
    const cause = eventOf('session_evicted', HERE, { by: HERE.session_id, device: 'Chrome on Windows', evicted: 1 }, { severity: 'low' });
    const ended = eventOf('session_ended', PHONE, { reason: 'evicted', by: 'system' });
    expect(await lines([cause, ended, signIn])).toContain('09:12 Signed out because of too many sessions iPhone, after a sign-in on Chrome on Windows');
  });

  test('and an administrator reads who signed out', () => {
    expect(describeEvent(eventOf('session_ended', PHONE, byUser), true, english)).toBe('Signed out by the user');
  });
});

test('an event that is recorded once an hour has the place of its time', async () => {
  const hourly = eventOf('binding_failed', PHONE, { device: 'curl', fault: 'missing' }, { created_at: '2026-11-25T09:30:00Z' });
  const read = await lines([signIn, hourly]);
  expect(read.map((line) => line.slice(0, 5))).toEqual(['09:30', '09:00']);
});

describe('the place of an event', () => {
  test("is the event's own and not where the session is now", async () => {
    const moved = eventOf('country_changed', ABROAD, { from: 'DE', to: 'AU' });
    expect(await lines([moved, eventOf('login', ABROAD, { device: 'Firefox on Linux', city: 'Berlin', country: 'DE' })])).toEqual([
      '09:12 Country changed Firefox on Linux from Germany to Australia',
      '09:12 Signed in Firefox on Linux Berlin, Germany',
    ]);
  });

  test('is the address if the place is not known, or left out', async () => {
    expect(await lines([eventOf('login', ABROAD, { device: 'Firefox on Linux' })])).toEqual(['09:12 Signed in Firefox on Linux']);
    cleanup();
    expect(await lines([signIn])).toEqual(['09:00 Signed in iPhone 198.51.100.8']);
  });
});

describe('a finding about a sign-in', () => {
  const login = eventOf('login', ABROAD, { device: 'Firefox on Linux', ip: '203.0.113.9' });

  test('is in the line of the sign-in, with the highest severity', async () => {
    const device = eventOf('new_device', ABROAD, { device: 'Firefox on Linux' }, { severity: 'low' });
    const country = eventOf('new_country', ABROAD, { from: null, to: 'PT' }, { severity: 'medium' });
    expect(await lines([country, device, login])).toEqual(['09:12 Signed in · New country · New device Medium Firefox on Linux Portugal']);
  });

  test('has its change', async () => {
    const travel = eventOf('impossible_travel', ABROAD, { from: 'DE', to: 'AU' }, { severity: 'high' });
    expect((await lines([travel, login]))[0]).toContain('Signed in · Impossible travel from Germany to Australia High');
  });

  test('is a line of its own for another session or another time', async () => {
    const other = eventOf('new_device', PHONE, { device: 'iPhone' });
    const later = eventOf('new_device', ABROAD, {}, { created_at: '2026-11-25T09:13:00Z' });
    expect(await lines([later, other, login])).toHaveLength(3);
  });
});

describe('the filters of the trail', () => {
  const events = [
    eventOf('token_reused', ABROAD, { device: 'curl' }, { severity: 'critical' }),
    eventOf('session_ended', PHONE, { reason: 'expired' }, { created_at: '2026-11-24T23:59:00Z' }),
    eventOf('login', ABROAD, { device: 'Firefox on Linux' }, { created_at: '2026-11-20T10:00:00Z' }),
    { ...signIn, created_at: '2025-11-20T10:00:00Z' },
  ];
  const shown = () => [...document.querySelectorAll('.latchkey-events :is(h4, li)')].map(textOf);
  const choose = (label: string, option: string) => {
    const select = screen.getByLabelText<HTMLSelectElement>(label);
    const value = [...select.options].find(({ text }) => text === option)?.value ?? '';
    fireEvent.change(select, { target: { value } });
  };

  test('show a kind or a device, and the days that remain', async () => {
    await lines(events);
    expect(shown()).toEqual([
      'Today', '09:12 Sign-in used in two places Critical curl',
      'Yesterday', '23:59 Session expired iPhone',
      'Friday 20 November', '10:00 Signed in Firefox on Linux',
      'Thursday, 20 November 2025', '10:00 Signed in iPhone 198.51.100.8',
    ]);
    choose('Show', 'Alerts');
    expect(shown()).toEqual(['Today', '09:12 Sign-in used in two places Critical curl']);
    choose('Show', 'Sign-outs');
    expect(shown()).toEqual(['Yesterday', '23:59 Session expired iPhone']);
    choose('Show', 'Sign-ins');
    expect(shown()).toHaveLength(4);
    choose('Device', 'iPhone');
    expect(shown()).toEqual(['Thursday, 20 November 2025', '10:00 Signed in iPhone 198.51.100.8']);
    choose('Show', 'Alerts');
    expect(screen.getByText('Nothing matches among the loaded activity.')).toBeTruthy();
    choose('Show', 'All activity');
    choose('Device', 'All devices');
    expect(shown()).toHaveLength(8);
  });
});
