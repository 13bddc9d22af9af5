/** When is something due? One timer, for a page that somebody looks at. */

import type { Context, Member } from './context.js';
import { visible } from './page.js';
import type { Refreshing } from './refreshing.js';

/** Milliseconds; browsers take no longer ones. */
const LONGEST = 2 ** 31 - 1;

export function when({ session, store, tries }: Context, active: () => boolean, { refresh, check }: Refreshing): Member {
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Seconds until the client must act; `Infinity` when there is nothing to do. */
  const due = (): number => {
    const { status } = store.get();
    const wanted = tries.refresh.urgent() || (active() && visible());
    if (!wanted || status === 'signed-out' || refresh.current() || check.current()) return Infinity;
    if (status === 'unknown') return tries.status.left();
    return Math.max(tries.refresh.failing() ? 0 : session.due(), tries.refresh.left());
  };

  const act = (): void => {
    session.touch();
    if (due() <= 0) void (store.get().status === 'unknown' ? check.run() : refresh.run().catch(() => undefined));
    plan();
  };

  /** Seconds until the token's state has another name. */
  const fades = (): number => {
    const seconds = active() && store.get().status === 'signed-in' ? session.fades() : 0;
    return seconds > 0 ? seconds : Infinity;
  };

  function plan(): void {
    clearTimeout(timer);
    const seconds = Math.min(Math.max(due(), 0), fades());
    if (seconds < Infinity) timer = setTimeout(act, Math.min(Math.ceil(seconds * 1000), LONGEST));
  }

  return { plan, stop: () => clearTimeout(timer) };
}
