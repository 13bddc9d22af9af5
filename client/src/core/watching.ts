/** What is in the list now? One tab asks for all, and only while somebody looks. */

import type { List, Message } from './channel.js';
import type { Core } from './context.js';
import { LatchkeyError } from './errors.js';
import { polling } from './polling.js';
import type { Fetch } from './transport.js';
import type { LatchkeyState, Session } from './types.js';

/** Seconds that a tab leaves to the one that polls before it does so itself. */
const HEAD_START = 1;

export interface Watching {
  list(): Promise<readonly Session[]>;
  watch(): () => void;
  /** The list was changed by our own hand. */
  changed(): void;
}

/** `via` carries the token. */
export function watching(core: Core, via: Fetch): Watching {
  const { options, session, store, tries, refresh, tell, call, greeted, show, failed, worked } = core;
  let etag: string | null = null;

  const adopt = (list: List | null, tag: string | null): void => {
    etag = tag;
    worked('read');
    store.set(shown(list));
  };

  const ask = async (isOld: () => boolean): Promise<void> => {
    const { owner } = session.epoch;
    tell({ type: 'beat' });
    // The list goes with its session, and its tag with the list.
    const known = store.get().sessions !== null ? etag : null;
    try {
      if (store.get().status === 'signed-in' && session.left() <= 0) await refresh.run();
      const answer = await call('/sessions?include=analytics', { expect: 'sessions', headers: unlessIs(known) }, via);
      if (isOld()) return;
      const list = answer.unchanged ? null : (answer.body as List);
      adopt(list, answer.etag ?? known);
      tell({ type: 'list', id: session.id(), etag, list });
    } catch (error) {
      if (owner === session.epoch.owner && error instanceof LatchkeyError) failed('read', error);
      throw error;
    }
  };

  const heard = (message: Message): void => {
    if (message.type !== 'beat' && message.type !== 'list') return;
    if (message.type === 'list' && message.id === session.id() && (message.list || store.get().sessions)) adopt(message.list, message.etag);
    // Without a list of one's own an unchanged one is no help, and each of them would put one's own off.
    if (store.get().sessions !== null) rest((options.pollEvery ?? 10) + HEAD_START);
  };

  const held = (refusal: LatchkeyError): void => {
    const { status, sessions, error } = store.get();
    if (status !== 'signed-out' && sessions === null && error === null) show('read', refusal, tries.read.left());
  };

  const { run, watch, rest, soon, changed } = polling(core, { ask, left: tries.read.left, held, heard });
  return {
    async list() {
      await greeted();
      tries.read.allowed();
      await run();
      // One that was under way for the session before.
      if (store.get().sessions === null && store.get().status === 'signed-in') await run();
      return store.get().sessions ?? [];
    },
    watch() {
      if (store.get().sessions === null) soon();
      return watch();
    },
    changed,
  };
}

/** What an answer changes; `null` is an unchanged list. */
export function shown(list: List | null): Partial<LatchkeyState> {
  return {
    ...(list && {
      userId: list.user_id,
      sessions: list.sessions,
      analytics: list.analytics ?? null,
      recommendations: list.recommendations ?? [],
      sessionLimit: list.session_limit,
    }),
    confirmedAt: Date.now(),
    stale: false,
  };
}

/** Asks for what is tagged otherwise. */
export function unlessIs(etag: string | null): Record<string, string> | undefined {
  return etag === null ? undefined : { 'if-none-match': etag };
}
