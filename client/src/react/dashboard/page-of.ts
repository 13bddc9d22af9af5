/** Decides what the page shows: a skeleton, the end of the session, the sessions, or only a notice. */

import type { SessionView } from '../store/session-view.js';

/** `unavailable` shows nothing except a notice that explains why. */
export type Page = 'loading' | 'ended' | 'unavailable' | 'sessions';

type ViewFields = Pick<SessionView, 'status' | 'isLoading' | 'connectionError' | 'online'>;

export function pageOf(view: ViewFields): Page {
  if (view.status === 'signed-out') return 'ended';
  if (!view.isLoading) return 'sessions';
  return view.connectionError === null && view.online ? 'loading' : 'unavailable';
}
