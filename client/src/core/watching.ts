/** What is in the list now? One tab asks for all, and only while somebody looks. */

import type { List, Message } from './channel.js';
import { countdown } from './clock.js';
import type { Core } from './context.js';
import { LatchkeyError } from './errors.js';
import { flight } from './flight.js';
import { listen, visible } from './page.js';
import type { Fetch } from './transport.js';
import type { Session } from './types.js';

/** Seconds between polls that a focus asks for. */
const FOCUS_EVERY = 5;
/** Seconds that a tab leaves to the one that polls before it does so itself. */
const HEAD_START = 1;

export interface Watching {
  list(): Promise<readonly Session[]>;
  watch(): () => void;
  /** The list has changed by our own hand. */
  refetch(): void;
}

/** `via` carries the token. */
export function watching({ options, session, store, tries, refresh, tell, call, failed, worked, plan: landed, join }: Core, via: Fetch): Watching {
  const every = options.pollEvery ?? 10;
  let etag: string | null = null;
  let watchers = 0;
  let { owner } = session.epoch;
  let next = countdown(0);
  let focusable = countdown(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave = (): void => {};

  const show = (list: List | null, tag: string | null): void => {
    etag = tag;
    worked('read');
    store.set({
      ...(list && {
        sessions: list.sessions,
        analytics: list.analytics ?? null,
        recommendations: list.recommendations ?? [],
        sessionLimit: list.session_limit,
      }),
      confirmedAt: Date.now(),
      stale: false,
    });
  };
  /** Somebody polls or polled. */
  const rest = (seconds: number): void => {
    next = countdown(seconds);
    focusable = countdown(FOCUS_EVERY);
    plan();
  };

  const read = flight(async () => {
    const asked = session.epoch.owner;
    rest(every);
    tell({ type: 'beat' });
    // The list goes with its session, and its tag with the list.
    const known = store.get().sessions !== null ? etag : null;
    try {
      if (store.get().status === 'signed-in' && session.left() <= 0) await refresh.run();
      const headers = known === null ? undefined : { 'if-none-match': known };
      const answer = await call('/sessions?include=analytics', { expect: 'sessions', headers }, via);
      if (asked === session.epoch.owner) {
        const list = answer.unchanged ? null : (answer.body as List);
        show(list, answer.etag ?? known);
        tell({ type: 'list', id: session.id(), etag, list });
      }
    } catch (error) {
      if (asked === session.epoch.owner && error instanceof LatchkeyError) failed('read', error);
      throw error;
    }
  }, landed);

  const poll = (): void => void read.run().catch(() => undefined);
  const wanted = (): boolean => watchers > 0 && visible() && store.get().status === 'signed-in' && !read.current();

  function plan(): void {
    clearTimeout(timer);
    // Another session: its list is wanted at once.
    if (owner !== session.epoch.owner) next = countdown(0);
    owner = session.epoch.owner;
    if (wanted()) timer = setTimeout(() => wanted() && poll(), Math.max(next(), tries.read.left(), 0) * 1000);
  }
  const refetch = (): void => {
    next = countdown(0);
    plan();
  };
  const look = (): void => {
    if (visible() && focusable() <= 0) next = countdown(0);
    plan();
  };

  join({
    plan,
    heard(message) {
      if (message.type !== 'beat' && message.type !== 'list') return;
      if (message.type === 'list' && message.id === session.id() && (message.list || store.get().sessions)) show(message.list, message.etag);
      // Without a list of one's own an unchanged one is no help, and each of them would put one's own off.
      if (store.get().sessions !== null) rest(every + HEAD_START);
    },
    stop() {
      clearTimeout(timer);
      leave();
    },
  });

  return {
    async list() {
      tries.read.allowed();
      await read.run();
      // One that was under way for the session before.
      if (store.get().sessions === null && store.get().status === 'signed-in') await read.run();
      return store.get().sessions ?? [];
    },
    watch() {
      if (watchers++ === 0) leave = listen({ visibilitychange: look, focus: look, online: refetch });
      if (store.get().sessions === null) next = countdown(0);
      plan();
      let watches = true;
      return () => {
        if (watches && --watchers === 0) leave();
        watches = false;
        plan();
      };
    },
    refetch,
  };
}
