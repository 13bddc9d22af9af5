/** When is something asked for again? While somebody watches it, on a page that can be seen. */

import { countdown } from './clock.js';
import type { Core, Member } from './context.js';
import type { LatchkeyError } from './errors.js';
import { flight, type Flight } from './flight.js';
import { listen, visible } from './page.js';

/** Seconds between questions that a focus asks for. */
const FOCUS_EVERY = 5;

export interface Polling extends Flight<void> {
  /** From now on, until the returned function is called. */
  watch(): () => void;
  /** Not again for so long: somebody asked, here or in another tab. */
  rest(seconds?: number): void;
  /** As soon as it may be. */
  soon(): void;
  /** It was changed by our own hand: an answer that is under way may not know of it, and another one is wanted. */
  changed(): void;
}

/** What is asked for. */
export interface Asking {
  /** `isOld` says of an answer, once it is there, that somebody else signed in, or something was changed, meanwhile. */
  ask(isOld: () => boolean): Promise<void>;
  /** Seconds for which it must not be asked for at all. */
  left(): number;
  /** The server was asked too much already, and not by this page: somebody must be told why nothing is shown. */
  held(refusal: LatchkeyError): void;
  readonly heard?: Member['heard'];
}

export function polling({ options, session, store, tries, join, plan: landed }: Core, { ask, left, held, heard }: Asking): Polling {
  const every = options.pollEvery ?? 10;
  let watchers = 0;
  let changes = 0;
  let { owner } = session.epoch;
  let next = countdown(0);
  let focusable = countdown(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  let leave = (): void => {};

  const asking = flight(() => {
    rest();
    const before = [session.epoch.owner, changes];
    return ask(() => before[0] !== session.epoch.owner || before[1] !== changes);
  }, landed);
  const wanted = (): boolean => !over && watchers > 0 && visible() && store.get().status === 'signed-in' && !asking.current();

  function plan(): void {
    clearTimeout(timer);
    // Another session: what it may see is wanted at once.
    if (owner !== session.epoch.owner) next = countdown(0);
    owner = session.epoch.owner;
    if (watchers === 0) return;
    const refusal = tries.read.refusal();
    if (refusal) held(refusal);
    const seconds = Math.max(next(), left(), 0);
    if (wanted() && seconds < Infinity) timer = setTimeout(() => wanted() && void asking.run().catch(() => undefined), seconds * 1000);
  }
  function rest(seconds = every): void {
    next = countdown(seconds);
    focusable = countdown(FOCUS_EVERY);
    plan();
  }
  const soon = (): void => {
    next = countdown(0);
    plan();
  };
  const changed = (): void => {
    changes++;
    soon();
  };
  const look = (): void => (visible() && focusable() <= 0 ? soon() : plan());

  join({
    plan,
    ...(heard && { heard }),
    stop() {
      over = true;
      clearTimeout(timer);
      leave();
    },
  });

  return {
    ...asking,
    rest,
    soon,
    changed,
    watch() {
      if (watchers++ === 0 && !over) leave = listen({ visibilitychange: look, focus: look, online: soon });
      plan();
      let watches = true;
      return () => {
        if (watches && --watchers === 0) leave();
        watches = false;
        plan();
      };
    },
  };
}
