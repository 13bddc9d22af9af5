/** The events of all users that match a filter: the newest ones, kept up to date, and older ones on demand. */

import type { FleetEvent, FleetEventPage } from '../../../core/fleet/fleet-types.js';
import { UNREAD_TRAIL, appendOlder, prependNewest, type Trail } from '../../store/event-trail.js';
import { type Resource, createResource } from './resource.js';

export interface EventList extends Resource<Trail<FleetEvent>> {
  /** Adds older events. Rejects with a `LatchkeyError`. */
  loadOlder(): Promise<void>;
}

/** A filter may match few of many events, so pages may be empty. This many are read for one click. */
const MAX_PAGES = 10;
/** Enough to fill a screen. */
const ENOUGH = 25;

/** `loadPage` returns the page at the cursor, or the newest one. */
export function createEventList(loadPage: (cursor: string | undefined) => Promise<FleetEventPage>, everySeconds: number | null): EventList {
  const list: Resource<Trail<FleetEvent>> = createResource(async () => {
    const page = await readEnough(loadPage, undefined);
    // Read afterwards, because older events may have arrived meanwhile.
    const before = list.getState().data ?? UNREAD_TRAIL;
    // Older events stay if the newest pages had none.
    return page.events.length === 0 && before.events !== null && before.events.length > 0 ? before : prependNewest(before, page);
  }, everySeconds);
  let running: Promise<void> | null = null;
  const loadOlder = async (): Promise<void> => {
    const cursor = list.getState().data?.next ?? null;
    if (cursor === null) return;
    const page = await readEnough(loadPage, cursor);
    list.update((trail) => (trail?.next === cursor ? appendOlder(trail, page) : (trail ?? UNREAD_TRAIL)));
  };
  return {
    ...list,
    loadOlder: () => (running ??= loadOlder().finally(() => (running = null))),
  };
}

/** Reads pages until there are enough events, or no more pages. */
async function readEnough(loadPage: (cursor: string | undefined) => Promise<FleetEventPage>, start: string | undefined): Promise<FleetEventPage> {
  const events: FleetEvent[] = [];
  let cursor = start;
  for (let pages = 1; ; pages++) {
    const page = await loadPage(cursor);
    events.push(...page.events);
    if (page.next === null || events.length >= ENOUGH || pages === MAX_PAGES) return { events, next: page.next };
    cursor = page.next;
  }
}
