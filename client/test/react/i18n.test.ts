import { describe, expect, test } from 'vitest';

import { chartBars, totalCount } from '../../src/react/dashboard/chart-bars.js';
import { isolateBidi, showControls } from '../../src/react/i18n/bidi.js';
import { ENGLISH } from '../../src/react/i18n/english.js';
import { mergeLabels } from '../../src/react/i18n/labels.js';
import { describeFinding, describeRecommendation } from '../../src/react/i18n/describe.js';
import { fullName, placeName } from '../../src/react/i18n/session-names.js';
import { adjacentItem } from '../../src/react/hooks/adjacent-item.js';
import { sortSessions } from '../../src/react/dashboard/sort-sessions.js';
import { formatClockTime, formatWait } from '../../src/react/i18n/format-time.js';
import { formatDuration, formatTimeAgo } from '../../src/react/i18n/format-relative-time.js';
import { type I18n, directionOf } from '../../src/react/i18n/i18n.js';
import { ABROAD, ANALYTICS, HERE, NOW, PHONE, session } from './support/fixtures.js';

process.env['TZ'] = 'UTC';
const now = NOW.getTime();
const i18n: I18n = { labels: ENGLISH, locale: 'en-GB', direction: 'ltr' };
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
    expect(formatTimeAgo(before(seconds), now, 'en-GB')).toBe(text);
  });

  test('times are in the language of the locale', () => {
    expect(formatTimeAgo(before(7_200), now, 'de')).toBe('vor 2 Stunden');
    expect(formatWait(120, 'de')).toBe('2 Minuten');
  });

  test('a wait is rounded up, a duration to the nearest unit', () => {
    expect([formatWait(0.2, 'en'), formatWait(59.5, 'en'), formatWait(61, 'en'), formatWait(7_000, 'en')]).toEqual([
      '1\u00A0s',
      '1 minute',
      '2 minutes',
      '2 hours',
    ]);
    expect([formatDuration(345_600, 'en'), formatDuration(5_000, 'en'), formatDuration(86_400 * 1.4, 'en')]).toEqual(['4 days', '1 hour', '1 day']);
  });

  test('another day is shown with its date, and invalid dates as they are', () => {
    expect(formatClockTime('2026-11-25T09:12:00Z', now, 'en-GB')).toBe('09:12');
    expect(formatClockTime('2026-11-24T09:12:00Z', now, 'en-GB')).toBe('24 Nov, 09:12');
    expect(formatTimeAgo('yesterday', now, 'en-GB')).toBe('yesterday');
  });
});

describe('text from outside', () => {
  test('invisible marks are shown, so that they cannot reorder text', () => {
    expect(showControls('Fire\u202Exof')).toBe('Fire[U+202E]xof');
    expect(showControls('a\u2069b\u200Fc\nd')).toBe('a[U+2069]b[U+200F]c\uFFFDd');
  });

  test('only right-to-left text or sentences get isolates', () => {
    expect(isolateBidi('Lisbon')).toBe('Lisbon');
    expect(isolateBidi('تهران')).toBe('\u2068تهران\u2069');
    expect(isolateBidi('Lisbon', 'rtl')).toBe('\u2068Lisbon\u2069');
    expect([directionOf('he-IL'), directionOf('en'), directionOf(undefined)]).toEqual(['rtl', 'ltr', 'ltr']);
  });

  test('names and places are made safe', () => {
    const evil = session({ device: 'Phone\u202E', location: { ...HERE.location!, city: 'Ber\u2066lin' } });
    expect(fullName(evil, i18n)).toBe('Phone[U+202E]');
    expect(placeName(evil.location, i18n)).toBe('Ber[U+2066]lin, DE');
  });
});

describe('sentences about findings and recommendations', () => {
  const finding = (code: Finding['code'], from: string | null, to: string | null): Finding => ({
    code,
    severity: 'medium',
    at: before(60),
    detail: { from, to },
  });
  test.each<[Finding, string]>([
    [finding('new_country', null, 'PT'), 'New country: Lisbon, PT; you usually sign in from Germany'],
    [finding('new_country', null, 'FR'), 'New country: France; you usually sign in from Germany'],
    [finding('new_device', null, 'Firefox on Lin'), 'Unrecognised device'],
    [finding('country_changed', 'DE', 'PT'), 'Country changed from Germany to Portugal'],
    [finding('impossible_travel', 'DE', 'PT'), 'Impossible travel from Germany to Portugal'],
    [finding('device_changed', 'Chrome on Wind', 'Firefox on Lin'), 'Browser or system changed from Chrome on Wind… to Firefox on Linux'],
    [finding('ip_changed', '198.51.100.7', '203.0.113.9'), 'Network changed from 198.51.100.7 to 203.0.113.9'],
    [finding('ip_changed', null, null), 'Network changed'],
  ])('%j', (stored, sentence) => {
    expect(describeFinding(stored, ABROAD, ANALYTICS, i18n)).toBe(sentence);
  });

  test('an unknown code of a newer server is shown in words', () => {
    const unknown = { ...finding('new_device', null, null), code: 'moon_phase' } as unknown as Finding;
    expect(describeFinding(unknown, ABROAD, null, i18n)).toBe('moon phase');
  });

  test.each([
    ['unknown_device', ABROAD, {}, 'Unrecognised device: Firefox on Linux in Lisbon, PT'],
    ['unknown_device', { ...ABROAD, location: null }, { to: 'Firefox on Lin' }, 'Unrecognised device: Firefox on Linux'],
    ['impossible_travel', ABROAD, { to: 'PT' }, "A session moved to Lisbon, PT (you're usually in Germany) faster than you can travel"],
    ['recent_reuse', null, { device: 'curl', ip: '203.0.113.9' }, 'We ended a session because its sign-in was used in two places, last by curl at 203.0.113.9'],
    ['idle_session', PHONE, { idle_days: 9 }, "You haven't used iPhone for 9 days"],
    ['idle_session', PHONE, {}, "You haven't used iPhone for a while"],
    ['many_sessions', null, { sessions: 5, limit: 5 }, "You've reached the limit of sessions (5 of 5): your next sign-in signs out the least recently used one"],
    ['many_sessions', null, {}, "You've reached the limit of sessions: your next sign-in signs out the least recently used one"],
  ] as const)('%s is a sentence with its facts', (code, about, detail, sentence) => {
    const recommendation = { code, severity: 'low', session_id: about?.session_id ?? null, detail } as const;
    expect(describeRecommendation(recommendation, about, ANALYTICS, i18n)).toBe(sentence);
  });
});

describe('labels', () => {
  test('an eviction names the limit if it is known', () => {
    expect(ENGLISH.evicted(5)).toBe('You were signed out here because you signed in on more than 5 devices.');
    expect(ENGLISH.evicted(null)).toBe('You were signed out here because you signed in on too many devices.');
  });

  test('some texts can be replaced, and some entries of a group', () => {
    const labels = mergeLabels(ENGLISH, { signOut: 'Abmelden', ended: { admin: 'Von der Verwaltung beendet.' } });
    expect([labels.signOut, labels.cancel]).toEqual(['Abmelden', 'Cancel']);
    expect([labels.ended.admin, labels.ended.expired]).toEqual(['Von der Verwaltung beendet.', ENGLISH.ended.expired]);
  });
});

describe('the chart', () => {
  test('the highest bar fills the drawing, a day without sign-ins is a line', () => {
    const drawn = chartBars([{ day: 'a', count: 0 }, { day: 'b', count: 4 }], { width: 100, height: 41 });
    expect(drawn).toEqual([
      { day: 'a', count: 0, x: 0, y: 40, width: 48, height: 1 },
      { day: 'b', count: 4, x: 50, y: 0, width: 48, height: 41 },
    ]);
    expect(totalCount(drawn)).toBe(4);
  });

  test('no days and no sign-ins do not divide by zero', () => {
    expect(chartBars([], { width: 100, height: 40 })).toEqual([]);
    expect(chartBars([{ day: 'a', count: 0 }], { width: 100, height: 40 })[0]?.height).toBe(1);
  });
});

describe('the order of sessions', () => {
  test('this device is first, then the newest, and equals have a fixed order', () => {
    const twin = session({ ...PHONE, session_id: 'z' });
    expect(sortSessions([ABROAD, twin, PHONE, HERE])).toEqual([HERE, PHONE, twin, ABROAD]);
  });

  test('the next remaining row replaces a removed one, or else the previous', () => {
    const all = ['a', 'b', 'c'];
    expect(adjacentItem('b', all, ['a', 'c'])).toBe('c');
    expect(adjacentItem('c', all, ['a', 'b'])).toBe('b');
    expect(adjacentItem('b', all, [])).toBeNull();
  });
});
