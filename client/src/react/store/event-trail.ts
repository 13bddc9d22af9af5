/** The audit trail as far as it was read: the newest page, and older ones on demand. */

import type { EventPage, SecurityEvent } from '../../core/types.js';

/** What was read so far. */
export interface Trail {
  /** `null` before the first answer. */
  readonly events: readonly SecurityEvent[] | null;
  /** Where the next older page begins; `null` when there is none. */
  readonly next: string | null;
}

/** Nothing was read. */
export const UNREAD: Trail = { events: null, next: null };

/** Adds an older page at the end. */
export function withOlder(trail: Trail, page: EventPage): Trail {
  return { events: joined(trail.events ?? [], page.events), next: page.next };
}

/** Puts the newest page in front of what is known; a gap between the two drops what is behind it. */
export function withNewest(trail: Trail, page: EventPage): Trail {
  const known = new Set(trail.events?.map((event) => event.event_id));
  const meets = page.events.some((event) => known.has(event.event_id));
  if (trail.events === null || !meets) return { events: page.events, next: page.next };
  return { events: joined(page.events, trail.events), next: trail.next };
}

function joined(first: readonly SecurityEvent[], then: readonly SecurityEvent[]): readonly SecurityEvent[] {
  const seen = new Set(first.map((event) => event.event_id));
  return [...first, ...then.filter((event) => !seen.has(event.event_id))];
}
