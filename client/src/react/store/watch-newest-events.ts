/** When is the newest page of events read? Now, and whenever the list of sessions has changed. */

import type { EventPage, Latchkey, Sessions } from '../../core/types.js';

type EventSource = Pick<Latchkey, 'getState' | 'subscribe'> & { readonly sessions: Pick<Sessions, 'events'> };

/** Reads the newest events now, and again with each change. */
export function readNewest(source: EventSource, take: (page: EventPage) => void): () => void {
  let isOver = false;
  let known: string | null = null;
  const look = (): void => {
    const { status, sessions, error } = source.getState();
    if (status !== 'signed-in') known = null;
    // A failed call changes the state as well: asking again at once would never end.
    if (status !== 'signed-in' || (known === null && error !== null)) return;
    const ids = sessions?.map((session) => session.session_id).join() ?? '';
    // The first answer with sessions is no change of them.
    const isFirst = known === '';
    if (ids === known || (sessions === null && known !== null)) return;
    known = ids;
    if (isFirst) return;
    source.sessions.events().then(
      (page) => {
        if (!isOver && source.getState().status === 'signed-in') take(page);
      },
      () => {
        known = null;
      },
    );
  };
  const unsubscribe = source.subscribe(look);
  look();
  return () => {
    isOver = true;
    unsubscribe();
  };
}
