/** Passes labels, locale and direction to the components of the dashboard. */

import { createContext, useContext } from 'react';

import { ENGLISH } from './english.js';
import type { I18n } from './i18n.js';

export const I18nContext = createContext<I18n>({ labels: ENGLISH, locale: undefined, direction: 'ltr' });

export function useI18n(): I18n {
  return useContext(I18nContext);
}
