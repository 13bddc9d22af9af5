import { describe, expect, test } from 'vitest';

import { bars, total } from '../../src/react/dashboard/chart-bars.js';
import { isolated, visible } from '../../src/react/i18n/bidi.js';
import { ENGLISH } from '../../src/react/i18n/english.js';
import { withLabels } from '../../src/react/i18n/labels.js';
import { findingSentence, recommendationSentence } from '../../src/react/i18n/describe.js';
import { fullName, placeName } from '../../src/react/i18n/session-names.js';
import { neighbourOf } from '../../src/react/hooks/adjacent-item.js';
import { inOrder } from '../../src/react/dashboard/sort-sessions.js';
import { clockTime, length } from '../../src/react/i18n/format-time.js';
import { ago, lasted } from '../../src/react/i18n/format-relative-time.js';
import { type Words, directionOf } from '../../src/react/i18n/i18n.js';
import { ABROAD, ANALYTICS, HERE, NOW, PHONE, session } from './support/world.js';

process.env['TZ'] = 'UTC';
const now = NOW.getTime();
const words: Words = { labels: ENGLISH, locale: 'en-GB', direction: 'ltr' };
const before = (seconds: number) => new Date(now - seconds * 1_000).toISOString();
type Finding = (typeof ABROAD)['risk']['findings'][number];

describe('times', () => {
  test.each([
    [0, null],
    [59, null],
    [60, '1 minute ago'],
    [3_599, '59 minutes ago'],
    [3_600, '1 hour ago'],
    [86_399, '23 hours ago'],
    [86_400, '1 day ago'],
    [7 * 86_400 - 1, '6 days ago'],
    [7 * 86_400, '18 Nov'],
    [400 * 86_400, '21 Oct 2025'],
    [-120, null],
  ])('%s seconds ago is %s', (seconds, text) => {
    expect(ago(before(seconds), now, 'en-GB')).toBe(text);
  });

  test('they speak the language of the locale', () => {
    expect(ago(before(7_200), now, 'de')).toBe('vor 2 Stunden');
    expect(length(120, 'de')).toBe('2 Minuten');
  });

  test('a wait is rounded up and what lasted to the nearest', () => {
    expect([length(0.2, 'en'), length(59.5, 'en'), length(61, 'en'), length(7_000, 'en')]).toEqual([
      '1\u00A0s',
      '1 minute',
      '2 minutes',
      '2 hours',
    ]);
    expect([lasted(345_600, 'en'), lasted(5_000, 'en'), lasted(86_400 * 1.4, 'en')]).toEqual(['4 days', '1 hour', '1 day']);
  });

  test('a time of another day has its day, and what is no time stays what it is', () => {
    expect(clockTime('2026-11-25T09:12:00Z', now, 'en-GB')).toBe('09:12');
    expect(clockTime('2026-11-24T09:12:00Z', now, 'en-GB')).toBe('24 Nov, 09:12');
    expect(ago('yesterday', now, 'en-GB')).toBe('yesterday');
  });
});

describe('words from outside', () => {
  test('ordering marks are shown, so that they cannot order', () => {
    expect(visible('Fire\u202Exof')).toBe('Fire[U+202E]xof');
    expect(visible('a\u2069b\u200Fc\nd')).toBe('a[U+2069]b[U+200F]c\uFFFDd');
  });

  test('letters from right to left are isolated within a sentence, and others are left alone', () => {
    expect(isolated('Lisbon')).toBe('Lisbon');
    expect(isolated('تهران')).toBe('\u2068تهران\u2069');
    expect(isolated('Lisbon', 'rtl')).toBe('\u2068Lisbon\u2069');
    expect([directionOf('he-IL'), directionOf('en'), directionOf(undefined)]).toEqual(['rtl', 'ltr', 'ltr']);
  });

  test('names and places go through it', () => {
    const evil = session({ device: 'Phone\u202E', location: { ...HERE.location!, city: 'Ber\u2066lin' } });
    expect(fullName(evil, words)).toBe('Phone[U+202E]');
    expect(placeName(evil.location, words)).toBe('Ber[U+2066]lin, DE');
  });
});

describe('risks as sentences', () => {
  const finding = (code: Finding['code'], from: string | null, to: string | null): Finding => ({
    code,
    severity: 'medium',
    at: before(60),
    detail: { from, to },
  });
  test.each<[Finding, string]>([
    [finding('new_country', null, 'PT'), 'new country: Lisbon, PT; you usually sign in from Germany'],
    [finding('new_country', null, 'FR'), 'new country: France; you usually sign in from Germany'],
    [finding('new_device', null, 'Firefox on Lin'), 'new device: Firefox on Linux'],
    [finding('country_changed', 'DE', 'PT'), 'country changed: from Germany to Portugal'],
    [finding('impossible_travel', 'DE', 'PT'), 'moved faster than anybody can travel: from Germany to Portugal'],
    [finding('device_changed', 'Chrome on Wind', 'Firefox on Lin'), 'browser or system changed: from Chrome on Wind… to Firefox on Linux'],
    [finding('ip_changed', '198.51.100.7', '203.0.113.9'), 'network changed: from 198.51.100.7 to 203.0.113.9'],
    [finding('ip_changed', null, null), 'network changed'],
  ])('%j', (seen, sentence) => {
    expect(findingSentence(seen, ABROAD, ANALYTICS, words)).toBe(sentence);
  });

  test('a code of a newer server is shown as it is', () => {
    const unknown = { ...finding('new_device', null, null), code: 'moon_phase' } as unknown as Finding;
    expect(findingSentence(unknown, ABROAD, null, words)).toBe('moon phase');
  });

  test.each([
    ['unknown_device', ABROAD, {}, 'A sign-in with a device you have not used before: Firefox on Linux in Lisbon, PT'],
    ['unknown_device', { ...ABROAD, location: null }, { to: 'Firefox on Lin' }, 'A sign-in with a device you have not used before: Firefox on Linux'],
    ['impossible_travel', ABROAD, { to: 'PT' }, 'A session moved faster than anybody can travel, to Lisbon, PT; you are usually in Germany'],
    ['recent_reuse', null, { device: 'curl', ip: '203.0.113.9' }, 'A sign-in was used in two places, so we ended it; the copy came from curl, address 203.0.113.9'],
    ['idle_session', PHONE, { idle_days: 9 }, 'iPhone has not been used for 9 days'],
    ['outdated_agent', ABROAD, { version: '100', oldest_maintained: '128' }, 'Firefox on Linux runs version 100 of its browser, which no longer gets security updates; the oldest that does is 128'],
    ['many_sessions', null, { sessions: 5, limit: 5 }, 'You have 5 sessions of 5: one more sign-in ends the oldest'],
  ] as const)('%s is a sentence with its facts', (code, about, detail, sentence) => {
    const recommendation = { code, severity: 'low', session_id: about?.session_id ?? null, detail } as const;
    expect(recommendationSentence(recommendation, about, ANALYTICS, words)).toBe(sentence);
  });
});

describe('labels', () => {
  test('some texts can be replaced, and some of a group', () => {
    const labels = withLabels(ENGLISH, { signOut: 'Abmelden', ended: { admin: 'Von der Verwaltung beendet.' } });
    expect([labels.signOut, labels.keep]).toEqual(['Abmelden', 'Keep']);
    expect([labels.ended.admin, labels.ended.expired]).toEqual(['Von der Verwaltung beendet.', ENGLISH.ended.expired]);
  });
});

describe('the chart', () => {
  test('the highest bar is as high as the drawing, and a day without sign-ins keeps a line', () => {
    const drawn = bars([{ day: 'a', count: 0 }, { day: 'b', count: 4 }], { width: 100, height: 41 });
    expect(drawn).toEqual([
      { day: 'a', count: 0, x: 0, y: 40, width: 48, height: 1 },
      { day: 'b', count: 4, x: 50, y: 0, width: 48, height: 41 },
    ]);
    expect(total(drawn)).toBe(4);
  });

  test('no days and no sign-ins divide by nothing', () => {
    expect(bars([], { width: 100, height: 40 })).toEqual([]);
    expect(bars([{ day: 'a', count: 0 }], { width: 100, height: 40 })[0]?.height).toBe(1);
  });
});

describe('order', () => {
  test('this device, then the newest; equals keep one order', () => {
    const twin = session({ ...PHONE, session_id: 'z' });
    expect(inOrder([ABROAD, twin, PHONE, HERE])).toEqual([HERE, PHONE, twin, ABROAD]);
  });

  test('the neighbour of a lost row is the next that is left, else the one before', () => {
    const all = ['a', 'b', 'c'];
    expect(neighbourOf('b', all, ['a', 'c'])).toBe('c');
    expect(neighbourOf('c', all, ['a', 'b'])).toBe('b');
    expect(neighbourOf('b', all, [])).toBeNull();
  });
});
