/** What comes and goes in the list is announced by itself. */

import { useEffect, useRef } from 'react';

import { type Shown, changesBetween } from '../i18n/describe-list-changes.js';
import type { Words } from '../i18n/i18n.js';

/** Says what has changed since the last render. */
export function useChanges(shown: Shown, words: Words, say: (text: string) => void): void {
  const before = useRef<Shown | null>(null);
  const seen = useRef(new Set<string>());
  useEffect(() => {
    const changes = before.current === null ? [] : changesBetween(before.current, shown, seen.current, words);
    before.current = shown;
    for (const { session_id } of shown.sessions ?? []) seen.current.add(session_id);
    if (changes.length > 0) say(changes.join(' '));
  }, [shown, words, say]);
}
