/** Text that depends on the current time and updates itself. All such texts share two timers. */

import { useSyncExternalStore } from 'react';

type Listener = () => void;

/** A timer that runs only while it has listeners. */
function sharedTimer(everyMs: number): (listener: Listener) => () => void {
  const listeners = new Set<Listener>();
  let timer: ReturnType<typeof setInterval> | null = null;
  return (listener) => {
    listeners.add(listener);
    timer ??= setInterval(() => {
      for (const notify of [...listeners]) notify();
    }, everyMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    };
  };
}

const everySecond = sharedTimer(1_000);
const everyTenSeconds = sharedTimer(10_000);

/**
 * The result of `text(now)`, kept up to date, with `now` by the device's clock or by another `clock`. A component renders again only if the text differs, so 200 rows with
 * "2 hours ago" cost nothing for an hour.
 */
export function useTickingText<T extends string | null>(text: (now: number) => T, precision: 'seconds' | 'minutes', clock = Date.now): T {
  const subscribe = precision === 'seconds' ? everySecond : everyTenSeconds;
  const read = (): T => text(clock());
  return useSyncExternalStore(subscribe, read, read);
}
