/** Words from outside (a user agent, a place) inside a sentence of ours. */

/** What orders text without being seen: marks, embeddings, overrides, isolates. */
const ORDERING = /\p{Bidi_Control}/gu;
/** What breaks a line or is not shown at all. */
const UNSEEN = /[\p{Cc}\u2028\u2029]/gu;
/** Letters that run from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/** The text with its ordering marks made visible, so that `moc.live` cannot be shown as `evil.com`. */
export function visible(text: string): string {
  return text.replaceAll(ORDERING, codePoint).replaceAll(UNSEEN, '\uFFFD');
}

/**
 * The text for the middle of a sentence. Between isolates it cannot reorder what is around it; without
 * right-to-left letters on either side there is nothing to reorder, and the sentence stays plain.
 */
export function isolated(text: string, around: 'ltr' | 'rtl' = 'ltr'): string {
  const shown = visible(text);
  return around === 'rtl' || RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

function codePoint(mark: string): string {
  return `[U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}
