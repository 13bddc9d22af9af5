/** In which words, which language and which direction does the dashboard speak? */

import { createContext, useContext } from 'react';

import { isolated } from './isolate.js';
import { ENGLISH, type Labels } from './labels.js';

/** Handed down to every part. */
export interface Words {
  readonly labels: Labels;
  /** `undefined` is the reader's own. */
  readonly locale: string | undefined;
  readonly direction: 'ltr' | 'rtl';
}

export const WordsContext = createContext<Words>({ labels: ENGLISH, locale: undefined, direction: 'ltr' });

/** The words of the dashboard around. */
export function useWords(): Words {
  return useContext(WordsContext);
}

const RIGHT_TO_LEFT = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Which way the language of a locale runs. */
export function directionOf(locale: string | undefined): Words['direction'] {
  return RIGHT_TO_LEFT.has(locale?.toLowerCase().split('-')[0] ?? '') ? 'rtl' : 'ltr';
}

/** A text from outside, safe within a sentence of these words. */
export function within(words: Words, text: string | null): string | null {
  return text === null || text === '' ? null : isolated(text, words.direction);
}
