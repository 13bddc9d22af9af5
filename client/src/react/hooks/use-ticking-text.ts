/** One clock for every text that moves on by itself. */

import { useSyncExternalStore } from 'react';

type Listener = () => void;

/** A timer that runs while somebody listens. */
function ticker(everyMs: number): (listener: Listener) => () => void {
  const listeners = new Set<Listener>();
  let timer: ReturnType<typeof setInterval> | null = null;
  return (listener) => {
    listeners.add(listener);
    timer ??= setInterval(() => {
      for (const tell of [...listeners]) tell();
    }, everyMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    };
  };
}

const everySecond = ticker(1_000);
const everyTenSeconds = ticker(10_000);

/**
 * What `text` makes of the time, kept up to date. A component is rendered again only when the text is another
 * one: 200 rows that say "2 hours ago" cost nothing for an hour.
 */
export function useMovingText<T extends string | null>(text: (now: number) => T, pace: 'seconds' | 'minutes'): T {
  const subscribe = pace === 'seconds' ? everySecond : everyTenSeconds;
  const read = (): T => text(Date.now());
  return useSyncExternalStore(subscribe, read, read);
}
