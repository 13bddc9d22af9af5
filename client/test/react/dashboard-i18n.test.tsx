// @vitest-environment jsdom
import { cleanup, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { dashboard, openPage, textOf } from './support/dashboard.js';
import { HERE, PHONE, SIGNED_IN, SIGNED_OUT, session } from './support/fixtures.js';

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
    device: `${script}\u202Etxet`,
    browser: '<img src=x onerror=alert(1)>',
    location: { ...HERE.location!, city: 'ןילרב\u2069\u202E', country: 'DE' },
  });

  test('a script is shown as text', async () => {
    const { container } = await dashboard({ ...SIGNED_IN, sessions: [HERE, evil] });
    expect(container.querySelector('script, img')).toBeNull();
    expect(textOf(row('evil'))).toContain(`${script}[U+202E]txet`);
    expect(screen.getByRole('button', { name: `Sign out of ${script}[U+202E]txet` })).toBeTruthy();
  });

  test('no ordering mark of a name is on the page, and each name is isolated', async () => {
    const { container, set } = await dashboard();
    await set({ sessions: [HERE, PHONE, evil] });
    expect(container.innerHTML).not.toMatch(/[\u202A-\u202E\u200E\u200F\u061C]/u);
    const isolates = container.innerHTML.match(/[\u2066-\u2069]/gu) ?? [];
    // Only our own, in pairs: an unmatched one would end the isolation around it.
    expect(isolates.filter((mark) => mark === '\u2068')).toHaveLength(isolates.length / 2);
    for (const text of row('evil')?.querySelectorAll('.latchkey-name > *, .latchkey-facts > *:not(time, strong)') ?? []) {
      expect(text.tagName).toBe('BDI');
    }
  });
});

describe('another language', () => {
  test('dates, numbers and the lang attribute follow the locale', async () => {
    const { container } = await dashboard(SIGNED_IN, {
      locale: 'de',
      labels: { lastActive: (when) => `aktiv ${when}`, software: (browser, os) => `${browser} auf ${os}`, signOut: 'Abmelden' },
    });
    expect(textOf(row(PHONE.session_id))).toContain('Safari auf iOS 18 · Berlin, DE · aktiv vor 12 Minuten Abmelden');
    expect(textOf(container.querySelector('.latchkey-numbers'))).toContain('4 Tage');
    expect(container.querySelector('section')?.lang).toBe('de');
  });

  test.each(['en_US', 'en_US.UTF-8', 'C', 'POSIX', '', ' ', 'xx-invalid', 'en--US', 'not a locale', '\u0000', null, 7 as never])(
    'the locale %j does not blank the page',
    async (locale) => {
      const { container } = await dashboard(SIGNED_IN, { locale: locale as string });
      expect(textOf(row(PHONE.session_id))).toContain('Last active 12 minutes ago');
      expect(textOf(container.querySelector('.latchkey-numbers'))).toContain('4 days');
    },
  );

  test.each([
    ['de_DE', 'vor 12 Minuten'],
    ['de_DE.UTF-8', 'vor 12 Minuten'],
    ['de_DE@euro', 'vor 12 Minuten'],
    ['zh_Hans_CN', '12分钟前'],
  ])('the POSIX locale %s is understood', async (locale, ago) => {
    await dashboard(SIGNED_IN, { locale });
    expect(textOf(row(PHONE.session_id))).toContain(ago);
  });

  test('new labels apply at once, and a right-to-left locale isolates every name', async () => {
    const { rerender } = await dashboard();
    rerender({ labels: { title: 'Devices' }, locale: 'he' });
    expect(screen.getByRole('heading', { name: 'Devices' })).toBeTruthy();
    expect(row(PHONE.session_id)?.textContent).toContain('\u2068iPhone\u2069');
  });

  test('without own labels the lang attribute stays en, whatever the locale is', async () => {
    const { container } = await dashboard(SIGNED_IN, { locale: 'de' });
    expect(container.querySelector('section')?.lang).toBe('en');
  });

  test('the sentences about the end of a session can be replaced one by one', async () => {
    const labels = { ended: { admin: 'Beendet.' }, evicted: (limit: number | null) => `Mehr als ${limit}.` };
    const { set } = await dashboard({ ...SIGNED_OUT, endedReason: 'admin' }, { labels });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe('Beendet.');
    await set({ endedReason: 'evicted', sessionLimit: 5 });
    expect(textOf(document.querySelector('.latchkey-ended'))).toBe('Mehr als 5.');
  });
});
