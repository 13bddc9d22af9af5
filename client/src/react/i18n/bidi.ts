/** Makes text from outside (a user agent, a place) safe inside a sentence of ours. */

/** The scripts in which a joiner changes how letters look, for example in Persian and Hindi. In all others it would be invisible. */
const SCRIPTS = ['Arab', 'Syrc', 'Mong', 'Nkoo', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym', 'Sinh'];
/** A letter or mark of one of them. */
const JOINING = `(?!\\p{DI})(?=[\\p{L}\\p{M}])[${SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')}]`;
/**
 * Invisible characters, among them all that reorder text. With one of them, two user ids would look the same. The group has what
 * stays: a joiner within a word, and an emoji of several characters.
 */
const INVISIBLE = new RegExp(`(${JOINING}[\\u200C\\u200D](?=${JOINING})|[\\p{ExtPict}\\p{EMod}]\\uFE0F?(?:\\u200D(?=\\p{ExtPict}))?)|\\p{DI}`, 'gu');
/** Characters that break a line or have no picture. */
const CONTROL_CHARACTERS = /[\p{Cc}\u2028\u2029]/gu;
/** Letters of scripts that run from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/** Shows invisible characters, because an override could otherwise display `moc.live` as `evil.com`. */
export function showControls(text: string): string {
  return text.replaceAll(INVISIBLE, (found, kept?: string) => kept ?? codePoint(found)).replaceAll(CONTROL_CHARACTERS, '\uFFFD');
}

/** Shows all invisible characters, those of words and emoji as well, because two ids that differ must look different. */
export function showAllControls(id: string): string {
  return showControls(id.replaceAll(/\p{DI}/gu, codePoint));
}

/**
 * Wraps the text in a Unicode isolate so that it cannot reorder the sentence around it. If neither the text nor the
 * sentence runs from right to left, there is nothing to reorder and the text stays plain.
 */
export function isolateBidi(text: string, direction: 'ltr' | 'rtl' = 'ltr', show = showControls): string {
  const shown = show(text);
  return direction === 'rtl' || RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

function codePoint(mark: string): string {
  return `[U+${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;
}
