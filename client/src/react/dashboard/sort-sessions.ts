/** Which session comes first? */

import type { Session } from '../../core/types.js';

/** This device first, the others by last activity, the newest first. */
export function inOrder(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort(
    (a, b) =>
      Number(b.is_current) - Number(a.is_current) ||
      Date.parse(b.last_activity) - Date.parse(a.last_activity) ||
      a.session_id.localeCompare(b.session_id),
  );
}
