/** Passes texts, locale and direction to the components of the page. */

import { createContext, useContext } from 'react';

import type { I18n } from './i18n.js';

export const I18nContext = createContext<I18n | null>(null);

export function useI18n(): I18n {
  const i18n = useContext(I18nContext);
  if (i18n === null) throw new Error('The components of the page are rendered inside of SessionsPage, which provides the texts.');
  return i18n;
}
