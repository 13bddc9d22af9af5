/** The value of a field for date and time, in the reader's time zone: `2026-11-25T09:30`. */

import { momentFrom } from './console-view.js';

/** `at` in milliseconds. */
export function localMinute(at: number): string {
  const offset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offset).toISOString().slice(0, 16);
}

/** The moment of a field, ISO 8601; `null` for an empty field. A field that still shows `before` keeps its seconds. */
export function momentOf(local: string, before: string | null): string | null {
  if (before !== null && local === localMinute(Date.parse(before))) return before;
  return momentFrom(local);
}
