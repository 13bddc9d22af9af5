/** When is a list requested again? At an interval while it is watched on a visible page, and when the page gets the focus. */

import type { LatchkeyError } from '../errors.js';
import type { Internals, Participant } from '../runtime/context.js';
import { countdown } from '../util/countdown.js';
import { isPageVisible, listenToPage } from '../util/page.js';
import { singleFlight, type SingleFlight } from '../util/single-flight.js';

/** Seconds that must pass between two requests that a focus causes. */
const FOCUS_INTERVAL = 5;

export interface PollingOptions {
  /** Requests the list. `isStale` is whether, meanwhile, the user has changed or something in the list was changed. */
  fetchList(isStale: () => boolean): Promise<void>;
  /** Seconds for which no request may be sent. */
  secondsUntilAllowed(): number;
  /** Shows why the list is missing, if a server wait that another page caused blocks the request. */
  onBlocked(error: LatchkeyError): void;
  readonly onMessage?: Participant['onMessage'];
}

export interface Polling extends SingleFlight<void> {
  /** Polls until the returned function is called. */
  watch(): () => void;
  /** Waits before the next request, because this tab or another one has just sent one. */
  postpone(seconds?: number): void;
  /** Requests the list as soon as allowed, if it is watched. */
  refetch(): void;
  /** Drops the response under way and requests the list again, because this client has changed something. */
  invalidate(): void;
}

export function setupPolling(internals: Internals, { fetchList, secondsUntilAllowed, onBlocked, onMessage }: PollingOptions): Polling {
  const { options, session, store, backoffs, addParticipant } = internals;
  const interval = options.pollEvery ?? 10;
  let watchers = 0;
  let changes = 0;
  let sessionEpoch = session.epoch.session;
  let untilNext = countdown(0);
  let untilFocusCounts = countdown(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let removeListeners = (): void => {};

  const poll = singleFlight(() => {
    postpone();
    const before = [session.epoch.session, changes];
    return fetchList(() => before[0] !== session.epoch.session || before[1] !== changes);
  }, internals.reschedule);
  const isWanted = (): boolean => !stopped && watchers > 0 && isPageVisible() && store.get().status === 'signed-in' && !poll.pending();

  function reschedule(): void {
    clearTimeout(timer);
    // The list of another session is requested at once.
    if (sessionEpoch !== session.epoch.session) untilNext = countdown(0);
    sessionEpoch = session.epoch.session;
    if (watchers === 0) return;
    const error = backoffs.read.waitError();
    if (error) onBlocked(error);
    const seconds = Math.max(untilNext(), secondsUntilAllowed(), 0);
    if (isWanted() && seconds < Infinity) timer = setTimeout(() => isWanted() && void poll.run().catch(() => undefined), seconds * 1000);
  }
  function postpone(seconds = interval): void {
    untilNext = countdown(seconds);
    untilFocusCounts = countdown(FOCUS_INTERVAL);
    reschedule();
  }
  const refetch = (): void => {
    untilNext = countdown(0);
    reschedule();
  };
  const invalidate = (): void => {
    changes++;
    refetch();
  };
  const refetchOnFocus = (): void => (isPageVisible() && untilFocusCounts() <= 0 ? refetch() : reschedule());

  addParticipant({
    reschedule,
    ...(onMessage && { onMessage }),
    stop() {
      stopped = true;
      clearTimeout(timer);
      removeListeners();
    },
  });

  return {
    ...poll,
    postpone,
    refetch,
    invalidate,
    watch() {
      if (watchers++ === 0 && !stopped) {
        removeListeners = listenToPage({ visibilitychange: refetchOnFocus, focus: refetchOnFocus, online: refetch });
      }
      reschedule();
      let isWatching = true;
      return () => {
        if (isWatching && --watchers === 0) removeListeners();
        isWatching = false;
        reschedule();
      };
    },
  };
}
