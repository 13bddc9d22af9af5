/** The recommendations that the user has dismissed, kept in this browser's storage. */

import type { Recommendation } from '../../core/types.js';

const STORAGE_KEY = 'latchkey:dismissed';
/** Older entries belong to sessions that ended long ago. */
const MAX_ENTRIES = 50;

/**
 * Identifies a recommendation, so that a later one of the same kind is shown again, and so that the answer of one user hides nothing
 * from another user of the same browser. A session belongs to one user, advice without a session is about `account`.
 */
export function dismissalKey({ code, session_id, detail }: Recommendation, account: string | null): string {
  // The number of idle days is not part of the key, because it changes every day.
  const occurrence = detail['at'] ?? detail['version'] ?? detail['limit'] ?? '';
  return `${code} ${session_id ?? account ?? ''} ${occurrence}`;
}

/** The stored keys; none if the browser has no storage. */
export function readDismissals(): ReadonlySet<string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
    return new Set(Array.isArray(stored) ? stored.filter((key) => typeof key === 'string') : []);
  } catch {
    return new Set();
  }
}

/** Stores the keys if the browser has storage. */
export function storeDismissals(keys: ReadonlySet<string>): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify([...keys].slice(-MAX_ENTRIES)));
  } catch {
    // Storage may be blocked or full. The component's state still has the keys until the page is closed.
  }
}
