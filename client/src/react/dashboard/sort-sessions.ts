/** Sorts the list of sessions. */

import type { Session } from '../../core/types.js';

/** This device first, then the others by their last activity, newest first. */
export function sortSessions(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort(
    (a, b) =>
      Number(b.is_current) - Number(a.is_current) ||
      Date.parse(b.last_activity) - Date.parse(a.last_activity) ||
      a.session_id.localeCompare(b.session_id),
  );
}
