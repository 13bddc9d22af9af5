/** Which recommendations has this reader seen to? Kept in this browser, for what it is about only. */

import type { Recommendation } from '../../core/types.js';

const PLACE = 'latchkey:dismissed';
/** Older ones are about sessions that are long over. */
const KEPT_MAX = 50;

/** What tells a recommendation from a later one of its kind. */
export function dismissalKey({ code, session_id, detail }: Recommendation): string {
  // How many days a session is idle changes every day; that it is idle was seen to.
  const once = detail['at'] ?? detail['version'] ?? '';
  return `${code} ${session_id ?? ''} ${once}`;
}

/** What was dismissed before; nothing where a browser keeps nothing. */
export function readDismissals(): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return new Set(Array.isArray(kept) ? kept.filter((key) => typeof key === 'string') : []);
  } catch {
    return new Set();
  }
}

/** Remembers what is dismissed; where a browser keeps nothing it is for this page only. */
export function keepDismissals(keys: ReadonlySet<string>): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify([...keys].slice(-KEPT_MAX)));
  } catch {
    // Private windows and full stores: the page has it in its state.
  }
}
