/** What the live region says: the newest sentence, one at a time. */

import { useCallback, useState } from 'react';

/** A sentence and its number: the same one twice is two announcements. */
export interface Announcement {
  readonly text: string;
  readonly number: number;
}

/** The announcement, and the way to make one. */
export function useAnnouncement(): readonly [Announcement, (text: string) => void] {
  const [announcement, setAnnouncement] = useState<Announcement>({ text: '', number: 0 });
  const say = useCallback((text: string): void => {
    setAnnouncement(({ number }) => ({ text, number: number + 1 }));
  }, []);
  return [announcement, say];
}
