/** Reads the newest page of events after the first list of sessions and whenever the list has changed. */

import type { EventPage, Session } from '../../core/types.js';
import type { SessionSource } from './session-source.js';

/** Milliseconds. A reload that found a changed list reads the events later, so that it counts once against the limit. */
const DELAY_AFTER_RELOAD = 2_000;

/** Calls `onPage` with each page until the returned function is called. */
export function watchNewestEvents(
  source: Pick<SessionSource, 'getState' | 'subscribe' | 'sessions'>,
  onPage: (page: EventPage) => void,
): () => void {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The session ids for which the events were read; `null` if they have to be read. */
  let known: string | null = null;
  /** The list from before a reload, until the server has sent another one. */
  let oldList: readonly Session[] | null = null;

  const read = (): void => {
    source.sessions.events().then(
      (page) => {
        if (!isStopped && source.getState().status === 'signed-in') onPage(page);
      },
      () => {
        known = null;
      },
    );
  };
  const readIfChanged = (): void => {
    const { status, sessions, error, confirmedAt } = source.getState();
    if (status !== 'signed-in') known = null;
    // A failed call changes the state as well, so reading again at once would never end.
    if (status !== 'signed-in' || sessions === null || (known === null && error !== null)) return;
    if (confirmedAt === null) {
      oldList = sessions;
      return;
    }
    const ids = sessions.map((session) => session.session_id).join();
    if (ids === known) return;
    known = ids;
    clearTimeout(timer);
    // An unchanged list has cost nothing.
    if (oldList !== null && oldList !== sessions) timer = setTimeout(read, DELAY_AFTER_RELOAD);
    else read();
    oldList = null;
  };
  const unsubscribe = source.subscribe(readIfChanged);
  readIfChanged();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    unsubscribe();
  };
}
