/** Announces why the dashboard shows what it shows, and that the reason is over. */

import { useEffect, useRef } from 'react';

interface Alert {
  readonly text: string | null;
  /** Each cause is announced once, because the text itself may count down. */
  readonly cause: string | null;
  readonly backOnline: string;
  readonly announce: (text: string) => void;
}

export function useAlertAnnouncement(alert: Alert): void {
  const { cause, announce } = alert;
  const latest = useRef(alert);
  latest.current = alert;
  const before = useRef({ cause, wasOffline: false });
  useEffect(() => {
    const { text, backOnline } = latest.current;
    const { cause: lastCause, wasOffline } = before.current;
    if (text !== null) announce(text);
    else if (wasOffline) announce(backOnline);
    // Empties the live region, so that a screen reader does not find an error that is over.
    else if (lastCause === 'load-error') announce('');
    // Between the return of the network and the next attempt to load the page, the load error is shown for a moment.
    before.current = { cause, wasOffline: cause === 'offline' || (cause === 'load-error' && wasOffline) };
  }, [cause, announce]);
}
