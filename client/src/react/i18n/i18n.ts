/** The labels, the locale and the writing direction that every part of the dashboard uses. */

import { isolateBidi } from './bidi.js';
import type { Labels, ShellLabels } from './labels.js';

export interface I18n<Texts extends ShellLabels = Labels> {
  readonly labels: Texts;
  /** `undefined` is the browser's locale. */
  readonly locale: string | undefined;
  readonly direction: 'ltr' | 'rtl';
}

/** The same with the texts that are available before the sessions page has loaded. */
export type ShellI18n = I18n<ShellLabels>;

/**
 * The locale as `Intl` accepts it: `en-US` for `en_US.UTF-8`. `undefined`, which is the browser's locale, for text that
 * names none, such as `C`, because `Intl` would throw and the page would be blank.
 */
export function normalizeLocale(locale: string | null | undefined): string | undefined {
  try {
    const [tag = ''] = String(locale ?? '').trim().split(/[.@]/, 1);
    return /^(c|posix)$/i.test(tag) ? undefined : Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/i;

/** The writing direction of a locale's language. */
export function directionOf(locale = ''): I18n['direction'] {
  return RIGHT_TO_LEFT.test(locale) ? 'rtl' : 'ltr';
}

/** Text from outside, safe to put into a sentence; `null` if there is none. */
export function bidiSafe({ direction }: Pick<I18n, 'direction'>, text: string | null): string | null {
  return text === null || text === '' ? null : isolateBidi(text, direction);
}
