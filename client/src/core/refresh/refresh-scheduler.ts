/** When does the client refresh by itself? One timer, which runs while the page is visible and has a subscriber. */

import type { Context, Participant } from '../runtime/context.js';
import { isPageVisible } from '../util/page.js';
import type { Refresher } from './refresh.js';

/** Milliseconds; a longer timeout would fire at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export function refreshScheduler(context: Context, { refresh, checkStatus }: Refresher): Participant {
  const { session, store, backoffs } = context;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const hasSubscribers = (): boolean => store.listeners.size > 0;

  /** Seconds until the next request; `Infinity` if none is due. */
  const secondsToRequest = (): number => {
    const { status } = store.get();
    const isWanted = backoffs.refresh.isResponseLost() || (hasSubscribers() && isPageVisible());
    if (!isWanted || status === 'signed-out' || refresh.pending() || checkStatus.pending()) return Infinity;
    if (status === 'unknown') return backoffs.status.secondsLeft();
    return Math.max(backoffs.refresh.isFailing() ? 0 : session.secondsToRefresh(), backoffs.refresh.secondsLeft());
  };

  const secondsToNextState = (): number => {
    const seconds = hasSubscribers() && store.get().status === 'signed-in' ? session.secondsToNextState() : 0;
    return seconds > 0 ? seconds : Infinity;
  };

  const run = (): void => {
    session.updateTokenState();
    if (secondsToRequest() <= 0) void (store.get().status === 'unknown' ? checkStatus.run() : refresh.run().catch(() => undefined));
    reschedule();
  };

  function reschedule(): void {
    clearTimeout(timer);
    const seconds = Math.min(Math.max(secondsToRequest(), 0), secondsToNextState());
    if (seconds < Infinity) timer = setTimeout(run, Math.min(Math.ceil(seconds * 1000), LONGEST_TIMEOUT));
  }

  return { reschedule, stop: () => clearTimeout(timer) };
}
