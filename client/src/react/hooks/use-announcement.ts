/** The text of the live region, which screen readers announce. */

import { useCallback, useState } from 'react';

/** A text and its number: the same text twice is two announcements. */
export interface Announcement {
  readonly text: string;
  readonly number: number;
}

/** The current announcement, and a function that makes the next one. */
export function useAnnouncement(): readonly [Announcement, (text: string) => void] {
  const [announcement, setAnnouncement] = useState<Announcement>({ text: '', number: 0 });
  const announce = useCallback((text: string): void => {
    setAnnouncement(({ number }) => ({ text, number: number + 1 }));
  }, []);
  return [announcement, announce];
}
