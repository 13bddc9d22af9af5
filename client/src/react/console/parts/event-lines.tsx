/** Events of all users: a heading for each day, and a line for each action. */

import type { ReactElement } from 'react';

import type { FleetEvent } from '../../../core/fleet/fleet-types.js';
import { dayName } from '../../dashboard/day-name.js';
import { groupByDay } from '../../i18n/trail-filter.js';
import { useConsole } from '../console-context.js';
import { fleetEntries } from '../state/fleet-entries.js';
import { EventLine } from './event-line.js';

export function EventLines({ events }: { readonly events: readonly FleetEvent[] }): ReactElement {
  const { i18n, now } = useConsole();
  return (
    <>
      {groupByDay(fleetEntries(events)).map((day) => (
        <div key={day[0].event.created_at} className="latchkey-day">
          <h4>{dayName(day[0].event.created_at, now(), i18n)}</h4>
          <ul>
            {day.map((entry) => (
              <EventLine key={entry.event.event_id} entry={entry} />
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}
