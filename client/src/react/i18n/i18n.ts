/** The texts, the locale and the writing direction that every part of the page uses. */

import { isolateBidi, showAllControls } from './bidi.js';
import { type Facts, formatMessage } from './format-message.js';
import type { Language } from './language.js';
import type { TextKey } from './labels.js';

export interface I18n<Key extends string = TextKey> extends Pick<Language, 'locale' | 'direction'> {
  /** A text with its facts. Every fact is safe to put in the middle of a sentence. */
  readonly t: (key: Key, facts?: Facts) => string;
  /** A text whose key contains a code of the API; `null` for the code of a newer server. */
  readonly find: (group: string, code: string, facts?: Facts) => string | null;
}

/** Texts by name. */
type Texts = { readonly [name: string]: string | undefined };

/** Texts of ours with the app's own in their place. */
export function createI18n<Key extends string = TextKey>(texts: Texts, own: Texts | undefined, { locale, direction }: Language): I18n<Key> {
  // A map, because a code could be the name of a property that every object has.
  const all = new Map<string, string>([...strings(texts), ...strings(own)]);
  const find = (key: string, facts: Facts = {}): string | null => {
    const message = all.get(key);
    return message === undefined ? null : formatMessage(message, facts, locale);
  };
  return {
    locale,
    direction,
    t: (key, facts) => find(key, facts) ?? key,
    find: (group, code, facts) => find(`${group}.${code}`, facts),
  };
}

/** Without `undefined` and other values, which apps with less strict types may pass. */
export function strings(labels: Texts | undefined): [string, string][] {
  return Object.entries(labels ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

/** Text from outside, safe to put into a sentence; `null` if there is none. */
export function bidiSafe({ direction }: Pick<I18n, 'direction'>, text: string | null): string | null {
  return text === null || text === '' ? null : isolateBidi(text, direction);
}

/** An id from outside, safe to put into a sentence; no two of them look the same because of an invisible character. */
export function idSafe({ direction }: Pick<I18n, 'direction'>, id: string | null): string | null {
  return id === null || id === '' ? null : isolateBidi(id, direction, showAllControls);
}
