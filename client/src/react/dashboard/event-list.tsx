/** The security events of the audit trail, newest first. */

import type { ReactElement } from 'react';

import type { SecurityEvent, Session } from '../../core/types.js';
import { describeEventFacts } from '../i18n/describe.js';
import { formatFullTime } from '../i18n/format-relative-time.js';
import { formatClockTime } from '../i18n/format-time.js';
import { useI18n } from '../i18n/i18n-context.js';

interface EventListProps {
  readonly events: readonly SecurityEvent[];
  readonly sessions: readonly Session[];
  readonly hasLoaded: boolean;
  readonly hasMore: boolean;
  readonly onShowMore: () => void;
}

export function EventList({ events, sessions, hasLoaded, hasMore, onShowMore }: EventListProps): ReactElement {
  const { labels } = useI18n();
  return (
    <section className="latchkey-events" data-latchkey-item="events">
      <h3 tabIndex={-1}>{labels.events}</h3>
      {hasLoaded && events.length === 0 && <p>{labels.noEvents}</p>}
      {events.length > 0 && (
        <ul>
          {events.map((event) => (
            <EventRow
              key={event.event_id}
              event={event}
              session={sessions.find(({ session_id }) => session_id === event.session_id) ?? null}
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

function EventRow({ event, session }: { event: SecurityEvent; session: Session | null }): ReactElement {
  const i18n = useI18n();
  const { labels, locale } = i18n;
  const { created_at: at, event_type: type, severity } = event;
  return (
    <li>
      <time dateTime={at} title={formatFullTime(at, locale)}>
        {formatClockTime(at, Date.now(), locale)}
      </time>{' '}
      <span>{labels.event[type] ?? type}</span>{' '}
      <bdi dir={i18n.direction}>{describeEventFacts(event, session, i18n)}</bdi>{' '}
      <span className="latchkey-severity" data-severity={severity}>
        {labels.severity[severity]}
      </span>
    </li>
  );
}
