/** Which language does the page have? It is that of the app's locale or of the browser, if there are texts for it. */

import { SHELL_TEXTS } from './texts/shell.js';

/** A language that Latchkey has texts for. */
export type LanguageCode = keyof typeof SHELL_TEXTS;

export interface Language {
  /** The language of our own texts. */
  readonly code: LanguageCode;
  /** The locale of dates and numbers, in the language of the texts. */
  readonly locale: string;
  readonly direction: 'ltr' | 'rtl';
}

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

/**
 * The language for the app's `locale` or, without one, for the browser's. A locale that Latchkey has no texts for is
 * English, dates included, unless the app has texts of its own for the locale that it names.
 */
export function languageOf(own: string | undefined, browser: string | undefined, hasLabels: boolean): Language {
  const named = normalizeLocale(own);
  const locale = named ?? normalizeLocale(browser) ?? 'en';
  const [subtag = ''] = locale.split('-', 1);
  const code = subtag in SHELL_TEXTS ? (subtag as LanguageCode) : null;
  const hasTexts = code !== null || (hasLabels && named !== undefined);
  const spoken = hasTexts ? locale : 'en';
  return { code: code ?? 'en', locale: spoken, direction: directionOf(spoken) };
}

const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/i;

/** The writing direction of a locale's language. */
export function directionOf(locale: string): Language['direction'] {
  return RIGHT_TO_LEFT.test(locale) ? 'rtl' : 'ltr';
}
