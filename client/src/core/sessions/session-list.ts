/** Which sessions does the user have now? While the list is watched, one tab requests it for all tabs. */

import type { SessionListResponse } from '../api-responses.js';
import { LatchkeyError } from '../errors.js';
import { setupPolling } from '../polling/polling.js';
import type { Internals } from '../runtime/context.js';
import type { Message } from '../tabs/messages.js';
import type { Fetch } from '../transport/transport.js';
import type { Session } from '../types.js';
import { ifNoneMatch, listChange } from './read.js';
import { savedList } from './saved-list.js';

/** Seconds by which a tab lets the polling tab go first, before it polls itself. */
const HEAD_START = 1;

export interface SessionList {
  list(): Promise<readonly Session[]>;
  watch(): () => void;
  /** Requests the list again, because this client has changed it. */
  invalidate(): void;
}

/** `via` adds the token. */
export function setupSessionList(internals: Internals, via: Fetch): SessionList {
  const { options, session, store, backoffs, refresh, broadcast, request, peersReady, showError, reportFailure, markSuccess } = internals;
  let etag: string | null = null;
  const saved = savedList(internals, 'list', store);

  /** Shows the list from before the reload, also if the server refuses another. */
  const restore = (): void => {
    const before = saved.load();
    if (before === null) return;
    etag = before.etag;
    store.set(before.list);
  };

  const accept = (list: SessionListResponse | null, newEtag: string | null): void => {
    etag = newEtag;
    markSuccess('read');
    if (list) session.setServerTime(list.server_time);
    store.set(listChange(list));
    saved.save(etag);
  };

  const fetchList = async (isStale: () => boolean): Promise<void> => {
    const { session: epoch } = session.epoch;
    broadcast({ type: 'poll' });
    restore();
    // A new session starts without a list, and the etag belongs to the list.
    const knownEtag = store.get().sessions !== null ? etag : null;
    try {
      if (store.get().status === 'signed-in' && session.secondsLeft() <= 0) await refresh.run();
      const response = await request('/sessions?include=analytics', { expectedField: 'sessions', headers: ifNoneMatch(knownEtag) }, via);
      if (isStale()) return;
      const list = response.body as SessionListResponse | null;
      accept(list, response.etag ?? knownEtag);
      broadcast({ type: 'session-list', sessionId: session.id(), etag, list });
    } catch (error) {
      if (epoch === session.epoch.session && error instanceof LatchkeyError) reportFailure('read', error);
      throw error;
    }
  };

  const onMessage = (message: Message): void => {
    if (message.type !== 'poll' && message.type !== 'session-list') return;
    if (message.type === 'session-list' && message.sessionId === session.id() && (message.list || store.get().sessions)) {
      accept(message.list, message.etag);
    }
    // A tab without a list cannot use "nothing has changed", so such messages must not delay its own request.
    if (store.get().sessions !== null) postpone((options.pollEvery ?? 10) + HEAD_START);
  };

  const onBlocked = (blocked: LatchkeyError): void => {
    const { status, sessions, error } = store.get();
    if (status !== 'signed-out' && sessions === null && error === null) showError('read', blocked, backoffs.read.secondsLeft());
  };

  internals.addParticipant({ reschedule: restore, stop() {} });
  const { run, watch, postpone, refetch, invalidate } = setupPolling(internals, {
    fetchList,
    secondsUntilAllowed: backoffs.read.secondsLeft,
    onBlocked,
    onMessage,
  });
  return {
    async list() {
      await peersReady();
      backoffs.read.throwIfWaiting();
      await run();
      // The run may have begun for the previous session, and its response was dropped.
      if (store.get().sessions === null && store.get().status === 'signed-in') await run();
      return store.get().sessions ?? [];
    },
    watch() {
      restore();
      if (store.get().sessions === null) refetch();
      return watch();
    },
    invalidate() {
      saved.save(etag);
      invalidate();
    },
  };
}
