/** Which session comes first, and who is next to one that left? */

import type { Session } from '../core/types.js';

/** This device first, the others by last activity, the newest first. */
export function inOrder(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort(
    (a, b) =>
      Number(b.is_current) - Number(a.is_current) ||
      Date.parse(b.last_activity) - Date.parse(a.last_activity) ||
      a.session_id.localeCompare(b.session_id),
  );
}

/** The row that takes a lost one's place: the next that is left, else the one before; `null` without any. */
export function neighbourOf(lost: string, before: readonly string[], left: readonly string[]): string | null {
  const place = before.indexOf(lost);
  const isLeft = (id: string): boolean => left.includes(id);
  return before.slice(place + 1).find(isLeft) ?? before.slice(0, Math.max(0, place)).findLast(isLeft) ?? null;
}
