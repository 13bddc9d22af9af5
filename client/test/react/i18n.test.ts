import { describe, expect, test } from 'vitest';

import { axisMarks, barHeights, totalCount } from '../../src/react/dashboard/chart-bars.js';
import { isolateBidi, showControls } from '../../src/react/i18n/bidi.js';
import { idSafe } from '../../src/react/i18n/i18n.js';
import { describeFinding, describeRecommendation } from '../../src/react/i18n/describe.js';
import { describeEntry, describeEvent, entryDevice } from '../../src/react/i18n/describe-entry.js';
import { deviceName, placeName, sessionName, versionedName } from '../../src/react/i18n/session-names.js';
import { adjacentItem } from '../../src/react/hooks/adjacent-item.js';
import { sortSessions } from '../../src/react/dashboard/sort-sessions.js';
import { formatClockTime, formatWait } from '../../src/react/i18n/format-time.js';
import { daysAgo, formatDuration, formatTimeAgo, timeZoneName } from '../../src/react/i18n/format-relative-time.js';
import { directionOf, languageOf } from '../../src/react/i18n/language.js';
import { TEXTS } from '../../src/react/i18n/texts/en.js';
import { english as i18n, german } from './support/i18n.js';
import { ABROAD, ANALYTICS, HERE, NOW, PHONE, securityEvent, session } from './support/fixtures.js';

process.env['TZ'] = 'UTC';
const now = NOW.getTime();
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

  test.each([
    ['pa\u200Bul', 'pa[U+200B]ul'],
    ['pa\u2060ul', 'pa[U+2060]ul'],
    ['\uFEFFpaul', '[U+FEFF]paul'],
    ['pa\u00ADul', 'pa[U+00AD]ul'],
    ['pa\u200Dul', 'pa[U+200D]ul'],
    ['paul\uFE0F', 'paul[U+FE0F]'],
    ['paul\u3164', 'paul[U+3164]'],
    ['paul\u{E0061}', 'paul[U+E0061]'],
    ['\u3164\u200D\u0645', '[U+3164][U+200D]\u0645'],
    // The joiners of a Persian and a Hindi word, and emoji of several characters.
    ['می\u200Cخواهم', 'می\u200Cخواهم'],
    ['क्\u200Dष', 'क्\u200Dष'],
    ['👩\u200D💻 ❤\uFE0F 👍🏽', '👩\u200D💻 ❤\uFE0F 👍🏽'],
    ['می\u200C', 'می[U+200C]'],
    // Here a joiner changes nothing that a reader could see.
    ['李\u200C明', '李[U+200C]明'],
    ['한\u200D글', '한[U+200D]글'],
    ['ש\u200Cל', 'ש[U+200C]ל'],
    ['e\u0301\u200De\u0301', 'e\u0301[U+200D]e\u0301'],
  ])('%j, with invisible characters, is shown as %j', (text, shown) => {
    expect(showControls(text)).toBe(shown);
  });

  test.each([
    ['李\u200C明', '李[U+200C]明'],
    ['😀\uFE0F', '😀[U+FE0F]'],
    ['د\u200Cا', '\u2068د[U+200C]ا\u2069'],
    ['pa\u200Bul\n', 'pa[U+200B]ul\uFFFD'],
  ])('the id %j is shown as %j, so that it looks like no other', (id, shown) => {
    expect(idSafe({ direction: 'ltr' }, id)).toBe(shown);
  });

  test('only right-to-left text or sentences get isolates', () => {
    expect(isolateBidi('Lisbon')).toBe('Lisbon');
    expect(isolateBidi('تهران')).toBe('\u2068تهران\u2069');
    expect(isolateBidi('Lisbon', 'rtl')).toBe('\u2068Lisbon\u2069');
    expect([directionOf('he-IL'), directionOf('en'), directionOf('')]).toEqual(['rtl', 'ltr', 'ltr']);
  });

  test('names and places are made safe', () => {
    const evil = session({ browser: null, device: 'Phone\u202E', location: { ...HERE.location!, city: 'Ber\u2066lin' } });
    expect(sessionName(evil, i18n)).toBe('Phone[U+202E]');
    expect(placeName(evil.location, i18n)).toBe('Ber[U+2066]lin, Germany');
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
    [finding('new_country', null, 'PT'), 'New country: Lisbon, Portugal; you usually sign in from Germany'],
    [finding('new_country', null, 'FR'), 'New country: France; you usually sign in from Germany'],
    [finding('new_device', null, 'Firefox on Lin'), 'New device'],
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
    ['unknown_device', ABROAD, {}, 'New device'],
    ['unknown_device', { ...ABROAD, location: null }, { to: 'Firefox on Lin' }, 'New device'],
    ['impossible_travel', ABROAD, { to: 'PT' }, "Moved to Lisbon, Portugal (you're usually in Germany) faster than you can travel"],
    ['recent_reuse', null, { device: 'curl', ip: '203.0.113.9' }, 'We ended a session because its sign-in was used in two places, last by curl at 203.0.113.9'],
    ['idle_session', PHONE, { idle_days: 9 }, "You haven't used this session for 9 days"],
    ['idle_session', PHONE, {}, "You haven't used this session for a while"],
    ['many_sessions', null, { sessions: 5, limit: 5 }, "You've reached the limit of sessions (5 of 5): your next sign-in signs out the least recently used one"],
    ['many_sessions', null, {}, "You've reached the limit of sessions: your next sign-in signs out the least recently used one"],
  ] as const)('%s is a sentence with its facts', (code, about, detail, sentence) => {
    const recommendation = { code, severity: 'low', session_id: about?.session_id ?? null, detail } as const;
    expect(describeRecommendation(recommendation, about, ANALYTICS, i18n)).toBe(sentence);
  });
});

describe('the names of sessions', () => {
  test.each([
    [{}, 'Chrome on Windows', 'Chrome 140 on Windows'],
    [{ device: 'Windows PC' }, 'Chrome on Windows', 'Chrome 140 on Windows'],
    [{ device_type: 'mobile', device: 'iPhone', browser: 'Safari', os: 'iOS' }, 'Safari on iPhone', 'Safari 140 on iPhone'],
    [{ device_type: 'tablet', device: null, os: 'Android' }, 'Chrome on Android', 'Chrome 140 on Android'],
    [{ device_type: 'cli', device: 'curl', browser: 'curl', browser_version: '8', os: null }, 'curl', 'curl 8'],
    [{ device_type: 'tablet', browser: null, os: null }, 'Tablet', 'Tablet'],
    [{ browser: null }, 'Windows', 'Windows'],
  ] as const)('%j', (part, name, versioned) => {
    expect([sessionName(session(part), i18n), versionedName(session(part), i18n)]).toEqual([name, versioned]);
  });
});

describe('the device of an event', () => {
  test.each([
    ['Safari on iPhone', 'Safari auf iPhone'],
    ['curl', 'curl'],
    ['A on B on C', 'A on B on C'],
    ['on Linux', 'on Linux'],
    ['Chrome on \u202Emoc.elgoog', 'Chrome auf [U+202E]moc.elgoog'],
    [null, null],
  ])('%s is %s in German', (label, name) => {
    expect(deviceName(label, german)).toBe(name);
  });

  test.each([
    ['Safari on iOS', 'Safari on iPhone'],
    ['curl', 'curl'],
    ['Firefox on iOS', 'Firefox on iOS'],
    [null, 'Safari on iPhone'],
  ])('%s, of a session with Safari on an iPhone, is %s', (device, name) => {
    const event = securityEvent({ session_id: PHONE.session_id, details: { device } });
    const entry = { event, cause: null, findings: [], endedDevice: null, severity: 'info' } as const;
    expect(describeEntry(entry, PHONE, false, i18n).device).toBe(name);
    expect(entryDevice(entry, PHONE, i18n)).toBe(name);
  });

  test('is in the language of the page, in the trail and in advice', () => {
    const event = securityEvent({ details: { device: 'Firefox on Linux', city: 'Lisbon', country: 'PT' } });
    const entry = { event, cause: null, findings: [], endedDevice: null, severity: 'info' } as const;
    expect(describeEntry(entry, null, false, german)).toMatchObject({ device: 'Firefox auf Linux', where: 'Lisbon, Portugal' });
    const reuse = { code: 'recent_reuse', severity: 'high', session_id: null, detail: { device: 'Safari on iPhone' } } as const;
    expect(describeRecommendation(reuse, null, ANALYTICS, german)).toContain('Safari auf iPhone');
  });
});

describe("an administrator's texts", () => {
  const codes = (group: string) => Object.keys(TEXTS).flatMap((key) => (key.startsWith(`${group}.`) ? [key.slice(group.length + 1)] : []));
  const ends = codes('end').map((reason) => [`session_ended, ${reason}`, securityEvent({ event_type: 'session_ended', details: { reason } })] as const);
  const events = codes('event').map((type) => [type, securityEvent({ event_type: type as 'login', details: {} })] as const);

  test.each([...events, ...ends])('do not call the user "you": %s', (_, event) => {
    expect(describeEvent(event, true, i18n)).not.toMatch(/\byou/iu);
    expect(describeEvent(event, true, german)).not.toMatch(/\b(Sie|Ihnen|Ihre?)\b/u);
  });

  test.each(['signed_out', 'reported'])('about the end %s differ from those of the user', (reason) => {
    const event = securityEvent({ event_type: 'session_ended', details: { reason } });
    expect(describeEvent(event, false, i18n)).toMatch(/\byou\b/u);
    expect(describeEvent(event, true, i18n)).toMatch(/\bthe user\b/u);
  });
});

describe('the language of the page', () => {
  test.each([
    ['de_AT', 'en-US', false, { code: 'de', locale: 'de-AT', direction: 'ltr' }],
    [undefined, 'de-CH', false, { code: 'de', locale: 'de-CH', direction: 'ltr' }],
    ['fr', 'de', false, { code: 'en', locale: 'en', direction: 'ltr' }],
    ['fr', 'de', true, { code: 'en', locale: 'fr', direction: 'ltr' }],
    // The browser's locale does not prove that the app's own texts are in its language.
    [undefined, 'fr', true, { code: 'en', locale: 'en', direction: 'ltr' }],
    ['ar-EG', undefined, true, { code: 'en', locale: 'ar-EG', direction: 'rtl' }],
    ['toString', undefined, false, { code: 'en', locale: 'en', direction: 'ltr' }],
    [undefined, undefined, false, { code: 'en', locale: 'en', direction: 'ltr' }],
  ] as const)('the locale %s, the browser %s, own labels: %s', (own, browser, hasLabels, language) => {
    expect(languageOf(own, browser, hasLabels)).toEqual(language);
  });
});

describe('days and time zones', () => {
  test('days are those of the calendar, whatever the hours are', () => {
    const at = (iso: string) => daysAgo(iso, Date.parse('2026-11-25T00:30:00Z'));
    expect([at('2026-11-25T00:10:00Z'), at('2026-11-24T23:59:00Z'), at('2026-11-24T00:00:00Z'), at('2026-11-23T23:00:00Z')]).toEqual([0, 1, 1, 2]);
  });

  test('the time zone has a name', () => {
    expect(timeZoneName(now, 'en-GB')).toBe('UTC');
  });
});

describe('the chart', () => {
  test('the highest day is 100 percent of the axis', () => {
    const days = [{ day: 'a', count: 0 }, { day: 'b', count: 4 }, { day: 'c', count: 1 }];
    expect(barHeights(days)).toEqual({ top: 4, heights: [0, 100, 25] });
    expect(totalCount(days)).toBe(5);
    expect(axisMarks(days).map(({ day }) => day)).toEqual(['a', 'b', 'c']);
  });

  test('no days and no sign-ins do not divide by zero', () => {
    expect(barHeights([])).toEqual({ top: 1, heights: [] });
    expect(barHeights([{ day: 'a', count: 0 }])).toEqual({ top: 1, heights: [0] });
    expect([axisMarks([]), axisMarks([{ day: 'a', count: 0 }])]).toEqual([[], [{ day: 'a', count: 0 }]]);
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
