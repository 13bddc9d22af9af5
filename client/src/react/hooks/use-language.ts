/** The language of a page: the app's locale, or else that of the browser. */

import { useMemo, useSyncExternalStore } from 'react';

import { type Language, languageOf } from '../i18n/language.js';

export const browserLocale = (): string | undefined => globalThis.navigator?.language;

const neverChanges = (): (() => void) => () => {};

/** `hasLabels`: the app has texts of its own, which may be in a language that Latchkey has no texts for. */
export function useLanguage(locale: string | undefined, hasLabels: boolean): Language {
  // The HTML of a server is in the app's locale or in English, because the server does not have the browser's.
  const browser = useSyncExternalStore(neverChanges, browserLocale, () => undefined);
  return useMemo(() => languageOf(locale, browser, hasLabels), [locale, browser, hasLabels]);
}
