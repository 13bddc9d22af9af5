/** What must be heard: why the page shows what it shows, said when it begins and taken back when it is over. */

import { useEffect, useRef } from 'react';

interface Important {
  readonly text: string | null;
  /** Once a cause: the text itself counts down. */
  readonly cause: string | null;
  readonly backOnline: string;
  readonly say: (text: string) => void;
}

export function useImportant(now: Important): void {
  const { cause, say } = now;
  const latest = useRef(now);
  latest.current = now;
  const before = useRef({ cause, wasOffline: false });
  useEffect(() => {
    const { text, backOnline } = latest.current;
    const { cause: last, wasOffline } = before.current;
    if (text !== null) say(text);
    else if (wasOffline) say(backOnline);
    // What is no longer so is not read again.
    else if (last === 'page') say('');
    // Once the network is back the page is missing for a moment, until it is asked for.
    before.current = { cause, wasOffline: cause === 'offline' || (cause === 'page' && wasOffline) };
  }, [cause, say]);
}
