/** The pages of the audit trail that were read so far: the newest page, and older ones on demand. */

import type { SecurityEvent } from '../../core/types.js';

export interface Trail<E extends SecurityEvent = SecurityEvent> {
  /** `null` before the first answer. */
  readonly events: readonly E[] | null;
  /** The cursor of the next older page; `null` if there is none. */
  readonly next: string | null;
}

/** A page of events, newest first, and the cursor of the next one. */
interface Page<E> {
  readonly events: readonly E[];
  readonly next: string | null;
}

export const UNREAD_TRAIL: Trail<never> = { events: null, next: null };

/** Appends an older page. */
export function appendOlder<E extends SecurityEvent>(trail: Trail<E>, page: Page<E>): Trail<E> {
  return { events: merged(trail.events ?? [], page.events), next: page.next };
}

/** Puts the newest page in front. If events are missing between the two, the older events are dropped. */
export function prependNewest<E extends SecurityEvent>(trail: Trail<E>, page: Page<E>): Trail<E> {
  const known = new Set(trail.events?.map((event) => event.event_id));
  const overlaps = page.events.some((event) => known.has(event.event_id));
  if (trail.events === null || !overlaps) return { events: page.events, next: page.next };
  return { events: merged(page.events, trail.events), next: trail.next };
}

function merged<E extends SecurityEvent>(first: readonly E[], second: readonly E[]): readonly E[] {
  const known = new Set(first.map((event) => event.event_id));
  return [...first, ...second.filter((event) => !known.has(event.event_id))];
}
