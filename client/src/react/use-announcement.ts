/** What the live region says: the newest change, one at a time. */

import { useCallback, useEffect, useRef, useState } from 'react';

import { type Shown, changesBetween } from './changes.js';
import type { Words } from './words.js';

/** A sentence and its number: the same one twice is two announcements. */
export interface Announcement {
  readonly text: string;
  readonly number: number;
}

/** The announcement, and the way to make one. What comes and goes in the list is announced by itself. */
export function useAnnouncement(shown: Shown, words: Words): readonly [Announcement, (text: string) => void] {
  const [announcement, setAnnouncement] = useState<Announcement>({ text: '', number: 0 });
  const say = useCallback((text: string): void => {
    setAnnouncement(({ number }) => ({ text, number: number + 1 }));
  }, []);
  const before = useRef<Shown | null>(null);
  const seen = useRef(new Set<string>());
  useEffect(() => {
    const changes = before.current === null ? [] : changesBetween(before.current, shown, seen.current, words);
    before.current = shown;
    for (const { session_id } of shown.sessions ?? []) seen.current.add(session_id);
    if (changes.length > 0) say(changes.join(' '));
  }, [shown, words, say]);
  return [announcement, say];
}
