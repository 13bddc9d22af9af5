// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { preloadSessionMonitoring } from '../../src/index.js';
import { dashboard, expectAccessible, openPage, textOf } from './support/dashboard.js';
import { fakeLatchkey } from './support/fake-latchkey.js';
import { ABROAD, HERE, NEW_COUNTRY, PHONE, SIGNED_IN, SIGNED_OUT, securityEvent, session } from './support/fixtures.js';

beforeEach(openPage);
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const row = (id: string) => document.querySelector(`[data-latchkey-item="${id}"]`);

describe('hostile names', () => {
  const script = '<script>alert(1)</script>';
  const evil = session({
    session_id: 'evil',
    device_type: 'mobile',
    device: `${script}\u202Etxet`,
    browser: '<img src=x onerror=alert(1)>',
    location: { ...HERE.location!, city: 'ןילרב\u2069\u202E', country: 'DE' },
  });

  test('a script is shown as text', async () => {
    const { container } = await dashboard({ ...SIGNED_IN, sessions: [HERE, evil] });
    expect(container.querySelector('script, img')).toBeNull();
    expect(textOf(row('evil'))).toContain('<img src=x onerror=alert(1)> 140 on ');
    expect(textOf(row('evil'))).toContain(`on ${script}[U+202E]txet`);
    expect(screen.getByRole('button', { name: /^Sign out of <img src=x onerror/u })).toBeTruthy();
  });

  test('no ordering mark of a name is on the page, and each name is isolated', async () => {
    const { container, set } = await dashboard();
    await set({ sessions: [HERE, PHONE, evil] });
    expect(container.innerHTML).not.toMatch(/[\u202A-\u202E\u200E\u200F\u061C]/u);
    const isolates = container.innerHTML.match(/[\u2066-\u2069]/gu) ?? [];
    // Only our own, in pairs: an unmatched one would end the isolation around it.
    expect(isolates.filter((mark) => mark === '\u2068')).toHaveLength(isolates.length / 2);
    const texts = [...(row('evil')?.querySelectorAll('.latchkey-name button > :not(svg), .latchkey-line > :not(time)') ?? [])];
    expect(texts.map(({ tagName }) => tagName)).toEqual(['BDI', 'BDI', 'BDI']);
  });
});

describe('another language', () => {
  test('German has every text, date and number of the page in German', async () => {
    const fake = fakeLatchkey({ ...SIGNED_IN, recommendations: [NEW_COUNTRY] });
    fake.sessions.events.mockResolvedValue({ events: [securityEvent({ created_at: '2026-11-23T07:30:00Z' })], next: null });
    const { container } = await dashboard({}, { locale: 'de_AT.UTF-8' }, fake);
    expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('Wo Sie angemeldet sind');
    expect(textOf(row(PHONE.session_id))).toBe('Safari 18 auf iPhone Berlin, Deutschland · 198.51.100.8 Zuletzt aktiv vor 12 Minuten · Angemeldet am 3. Nov. Abmelden');
    expect(textOf(row(ABROAD.session_id))).toContain('Neues Land: Lisbon, Portugal, vor 2 Stunden. Waren Sie das? Das war ich Das war ich nicht');
    expect(textOf(container.querySelector('.latchkey-numbers'))).toBe('Aktive Sitzungen 3 von 5 Übliche Dauer einer Sitzung 4 Tage');
    expect(textOf(container.querySelector('.latchkey-day h4'))).toBe('Montag, 23. November');
    expect(container.querySelector('section')?.lang).toBe('de-AT');
    await expectAccessible(container);
  });

  test("a browser's language is used without a locale", async () => {
    vi.stubGlobal('navigator', { ...navigator, language: 'de-CH', userAgent: navigator.userAgent });
    await preloadSessionMonitoring();
    await dashboard(SIGNED_IN, { locale: undefined });
    expect(screen.getByRole('heading', { name: 'Wo Sie angemeldet sind' })).toBeTruthy();
  });

  test.each(['en_US', 'en_US.UTF-8', 'C', 'POSIX', '', ' ', 'xx-invalid', 'en--US', 'not a locale', '\u0000', null, 7 as never])(
    'the locale %j does not blank the page',
    async (locale) => {
      const { container } = await dashboard(SIGNED_IN, { locale: locale as string });
      expect(textOf(row(PHONE.session_id))).toContain('Last active 12 minutes ago');
      expect(textOf(container.querySelector('.latchkey-numbers'))).toContain('4 days');
    },
  );

  test.each(['fr', 'he', 'zh_Hans_CN'])('without texts for %s everything is English, dates included', async (locale) => {
    const { container } = await dashboard(SIGNED_IN, { locale });
    expect(textOf(row(PHONE.session_id))).toContain('Last active 12 minutes ago');
    expect(container.querySelector('section')?.lang).toBe('en');
    expect(container.querySelector('section')?.dir).toBe('ltr');
  });

  test("the app's own texts bring their language, its plurals and its direction", async () => {
    const labels = { title: 'המכשירים שלך', lastActive: 'פעיל {when}', signOut: 'יציאה', chartSummary: '{count, plural, one {אחת} two {שתיים} other {# כניסות}}' };
    const { container } = await dashboard(SIGNED_IN, { labels, locale: 'he' });
    expect(screen.getByRole('heading', { name: 'המכשירים שלך' })).toBeTruthy();
    expect(container.querySelector('section')?.dir).toBe('rtl');
    expect(row(PHONE.session_id)?.textContent).toContain('\u2068iPhone\u2069');
    expect(textOf(row(PHONE.session_id))).toContain('פעיל לפני 12 דקות');
    expect(textOf(container.querySelector('figcaption'))).toContain('43 כניסות');
    await expectAccessible(container);
  });

  test('new labels apply at once', async () => {
    const { rerender } = await dashboard();
    rerender({ labels: { title: 'Devices' } });
    expect(screen.getByRole('heading', { name: 'Devices' })).toBeTruthy();
  });

  test('a malformed label is shown as it is', async () => {
    await dashboard(SIGNED_IN, { labels: { lastActive: 'active {when', signOutOthers: '{count, plural, one {x}}' } });
    expect(textOf(row(PHONE.session_id))).toContain('active {when');
    expect(screen.getByRole('button', { name: '{count, plural, one {x}}' })).toBeTruthy();
  });

  test('the sentences about the end of a session can be replaced one by one', async () => {
    const labels = { 'ended.admin': 'Beendet.', 'ended.evicted': 'Mehr als {limit}.' };
    const { set } = await dashboard({ ...SIGNED_OUT, endedReason: 'admin' }, { labels });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe('Beendet.');
    await set({ endedReason: 'evicted', sessionLimit: 5 });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe('Mehr als 5.');
  });
});
