/** Announces why the page shows what it shows, and that the reason is over. */

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
  const wasOffline = useRef(false);
  useEffect(() => {
    const { text, backOnline } = latest.current;
    if (text !== null) announce(text);
    else if (wasOffline.current) announce(backOnline);
    wasOffline.current = cause === 'offline';
  }, [cause, announce]);
}
