/** The words of the dashboard around. */

import { createContext, useContext } from 'react';

import { ENGLISH } from './english.js';
import type { Words } from './i18n.js';

export const WordsContext = createContext<Words>({ labels: ENGLISH, locale: undefined, direction: 'ltr' });

export function useWords(): Words {
  return useContext(WordsContext);
}
