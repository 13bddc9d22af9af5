/** The pages of the audit trail that were read so far: the newest page, and older ones on demand. */

import type { EventPage, SecurityEvent } from '../../core/types.js';

export interface Trail {
  /** `null` before the first answer. */
  readonly events: readonly SecurityEvent[] | null;
  /** The cursor of the next older page; `null` if there is none. */
  readonly next: string | null;
}

export const UNREAD_TRAIL: Trail = { events: null, next: null };

/** Appends an older page. */
export function appendOlder(trail: Trail, page: EventPage): Trail {
  return { events: merged(trail.events ?? [], page.events), next: page.next };
}

/** Puts the newest page in front. If events are missing between the two, the older events are dropped. */
export function prependNewest(trail: Trail, page: EventPage): Trail {
  const known = new Set(trail.events?.map((event) => event.event_id));
  const overlaps = page.events.some((event) => known.has(event.event_id));
  if (trail.events === null || !overlaps) return { events: page.events, next: page.next };
  return { events: merged(page.events, trail.events), next: trail.next };
}

function merged(first: readonly SecurityEvent[], second: readonly SecurityEvent[]): readonly SecurityEvent[] {
  const known = new Set(first.map((event) => event.event_id));
  return [...first, ...second.filter((event) => !known.has(event.event_id))];
}
