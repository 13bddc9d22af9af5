/** In which words, which language and which direction does the dashboard speak? */

import { isolated } from './bidi.js';
import type { FirstLabels, Labels } from './labels.js';

/** Handed down to every part. */
export interface Words<Texts extends FirstLabels = Labels> {
  readonly labels: Texts;
  /** `undefined` is the reader's own. */
  readonly locale: string | undefined;
  readonly direction: 'ltr' | 'rtl';
}

/** What can be said before the page has come. */
export type FirstWords = Words<FirstLabels>;

const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ks|ps|sd|ug|ur|yi)\b/i;

/** Which way the language of a locale runs. */
export function directionOf(locale = ''): Words['direction'] {
  return RIGHT_TO_LEFT.test(locale) ? 'rtl' : 'ltr';
}

/** A text from outside, safe within a sentence of these words. */
export function within({ direction }: Pick<Words, 'direction'>, text: string | null): string | null {
  return text === null || text === '' ? null : isolated(text, direction);
}
