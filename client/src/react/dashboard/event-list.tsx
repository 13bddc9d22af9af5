/** The security events of the audit trail, newest first. */

import { type ReactElement, useMemo, useRef } from 'react';

import type { SecurityEvent, Session } from '../../core/types.js';
import { describeEndFacts, describeEvent, describeEventFacts } from '../i18n/describe.js';
import { formatFullTime } from '../i18n/format-relative-time.js';
import { formatClockTime } from '../i18n/format-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { useServerNow } from '../i18n/server-clock.js';
import { type TrailEntry, trailEntries } from '../i18n/trail-entries.js';

interface EventListProps {
  readonly events: readonly SecurityEvent[];
  readonly sessions: readonly Session[];
  /** An administrator looks at another user's events. */
  readonly isAdminView: boolean;
  readonly hasLoaded: boolean;
  readonly hasMore: boolean;
  readonly onShowMore: () => void;
}

export function EventList({ events, sessions, isAdminView, hasLoaded, hasMore, onShowMore }: EventListProps): ReactElement {
  const { labels } = useI18n();
  const entries = useMemo(() => trailEntries(events), [events]);
  // A session that has ended since has left the list, and its events may not name its device.
  const known = useRef(new Map<string, Session>());
  for (const session of sessions) known.current.set(session.session_id, session);
  return (
    <section className="latchkey-events" data-latchkey-item="events">
      <h3 tabIndex={-1}>{labels.events}</h3>
      {hasLoaded && events.length === 0 && <p>{labels.noEvents}</p>}
      {events.length > 0 && (
        <ul>
          {entries.map((entry) => (
            <EventRow
              key={entry.event.event_id}
              {...{ entry, isAdminView }}
              session={known.current.get(entry.event.session_id ?? '') ?? null}
            />
          ))}
        </ul>
      )}
      {hasMore && (
        <button type="button" onClick={onShowMore}>
          {labels.showMore}
        </button>
      )}
    </section>
  );
}

interface EventRowProps {
  readonly entry: TrailEntry;
  readonly session: Session | null;
  readonly isAdminView: boolean;
}

function EventRow({ entry, session, isAdminView }: EventRowProps): ReactElement {
  const i18n = useI18n();
  const now = useServerNow();
  const { labels, locale } = i18n;
  const { event } = entry;
  const { created_at: at, event_type: type } = event;
  const severity = entry.cause?.severity ?? event.severity;
  return (
    <li>
      <time dateTime={at} title={formatFullTime(at, locale)}>
        {formatClockTime(at, now(), locale)}
      </time>{' '}
      <span>{describeEvent(event, isAdminView, i18n)}</span>{' '}
      <bdi dir={i18n.direction}>
        {type === 'session_ended' ? describeEndFacts(entry, session, i18n) : describeEventFacts(event, session, i18n)}
      </bdi>{' '}
      <span className="latchkey-severity" data-severity={severity}>
        {labels.severity[severity]}
      </span>
    </li>
  );
}
