/** The lines of the list of events: those of one action of one user are one line. */

import type { FleetEvent } from '../../../core/fleet/fleet-types.js';
import { type TrailEntry, trailEntries } from '../../i18n/trail-entries.js';

/** Events of two users at the same moment do not belong together, although their times and types would fit. */
export function fleetEntries(events: readonly FleetEvent[]): readonly TrailEntry<FleetEvent>[] {
  const byUser = new Map<string | null, FleetEvent[]>();
  for (const event of events) {
    const known = byUser.get(event.user_id);
    if (known === undefined) byUser.set(event.user_id, [event]);
    else known.push(event);
  }
  const entries = [...byUser.values()].flatMap((own) => trailEntries(own));
  return entries.sort((a, b) => Date.parse(b.event.created_at) - Date.parse(a.event.created_at));
}
