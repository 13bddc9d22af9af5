/** Reads the newest page of events at the start and whenever the list of sessions has changed. */

import type { EventPage } from '../../core/types.js';
import type { SessionSource } from './session-source.js';

/** Calls `onPage` with each page until the returned function is called. */
export function watchNewestEvents(
  source: Pick<SessionSource, 'getState' | 'subscribe' | 'sessions'>,
  onPage: (page: EventPage) => void,
): () => void {
  let isStopped = false;
  /** The session ids for which the events were read; `null` if they have to be read. */
  let known: string | null = null;
  const readIfChanged = (): void => {
    const { status, sessions, error } = source.getState();
    if (status !== 'signed-in') known = null;
    // A failed call changes the state as well, so reading again at once would never end.
    if (status !== 'signed-in' || (known === null && error !== null)) return;
    const ids = sessions?.map((session) => session.session_id).join() ?? '';
    // The first list is not a change of the list.
    const isFirstList = known === '';
    if (ids === known || (sessions === null && known !== null)) return;
    known = ids;
    if (isFirstList) return;
    source.sessions.events().then(
      (page) => {
        if (!isStopped && source.getState().status === 'signed-in') onPage(page);
      },
      () => {
        known = null;
      },
    );
  };
  const unsubscribe = source.subscribe(readIfChanged);
  readIfChanged();
  return () => {
    isStopped = true;
    unsubscribe();
  };
}
