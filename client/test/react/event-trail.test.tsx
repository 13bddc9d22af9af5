// @vitest-environment jsdom
import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { SecurityEvent, Session } from '../../src/core/types.js';
import { describeEvent } from '../../src/react/i18n/describe.js';
import { ENGLISH } from '../../src/react/i18n/english.js';
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
        '09:12 Signed out by you iPhone, from Chrome on Windows Info',
        '09:00 Signed in iPhone, 198.51.100.8 Info',
      ]);
      cleanup();
    }
  });

  test('for each of several sessions that one sign-out ended', async () => {
    const cause = eventOf('logout', HERE, { device: 'Chrome on Windows', ended: 2 });
    expect(await lines([cause, eventOf('session_ended', PHONE, byUser), eventOf('session_ended', ABROAD, byUser), signIn])).toEqual([
      '09:12 Signed out by you iPhone, from Chrome on Windows Info',
      '09:12 Signed out by you Firefox on Linux, from Chrome on Windows Info',
      '09:00 Signed in iPhone, 198.51.100.8 Info',
    ]);
  });

  test('without a second device if the session ended itself', async () => {
    const cause = eventOf('logout', PHONE, { device: 'iPhone', ended: 1 });
    expect(await lines([cause, eventOf('session_ended', PHONE, byUser), signIn])).toContain('09:12 Signed out by you iPhone Info');
  });

  test('with the device of the event, if the API names it', async () => {
    expect(await lines([eventOf('session_ended', PHONE, { ...byUser, device: 'Safari on iPhone' })])).toEqual(['09:12 Signed out by you Safari on iPhone Info']);
  });

  test('with the device that a list has named before', async () => {
    const fake = fakeLatchkey(SIGNED_IN);
    const { container, set } = await dashboard({}, {}, fake);
    fake.sessions.events.mockResolvedValue({ events: [eventOf('session_ended', PHONE, byUser)], next: null });
    await set({ sessions: [HERE, ABROAD] });
    await pass();
    expect(textOf(container.querySelector('.latchkey-events li'))).toBe('09:12 Signed out by you iPhone Info');
  });

  test.each([
    ['admin', 'mallory', 'Signed out by an administrator'],
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
    expect(shown.slice(0, 2)).toEqual([`09:12 ${text} iPhone Info`, '09:12 Sign-out requested Chrome on Windows Info']);
  });

  test('that names both devices if the limit ended it', async () => {
    const cause = eventOf('session_evicted', HERE, { by: HERE.session_id, device: 'Chrome on Windows', evicted: 1 }, { severity: 'low' });
    const ended = eventOf('session_ended', PHONE, { reason: 'evicted', by: 'system' });
    expect(await lines([cause, ended, signIn])).toContain('09:12 Signed out because of too many sessions iPhone, after a sign-in on Chrome on Windows Low');
  });

  test('and an administrator reads who signed out', () => {
    const i18n = { labels: ENGLISH, locale: 'en-GB', direction: 'ltr' } as const;
    expect(describeEvent(eventOf('session_ended', PHONE, byUser), true, i18n)).toBe('Signed out by the user');
  });
});

describe('the place of an event', () => {
  test("is the event's own and not where the session is now", async () => {
    const moved = eventOf('impossible_travel', ABROAD, { from: 'DE', to: 'AU' });
    expect(await lines([moved, eventOf('login', ABROAD, { device: 'Firefox on Linux', city: 'Berlin', country: 'DE' })])).toEqual([
      '09:12 Impossible travel Firefox on Linux, from Germany to Australia Info',
      '09:12 Signed in Firefox on Linux, Berlin, DE Info',
    ]);
  });

  test('is left out if the event has none', async () => {
    expect(await lines([eventOf('login', ABROAD, { device: 'Firefox on Linux' }), eventOf('new_country', ABROAD, { from: null, to: 'PT' })])).toEqual([
      '09:12 Signed in Firefox on Linux Info',
      '09:12 New country Firefox on Linux, Portugal Info',
    ]);
  });
});
