/** The audit trail, newest first. */

import type { ReactElement } from 'react';

import type { SecurityEvent, Session } from '../../core/types.js';
import { clockTime } from '../i18n/format-time.js';
import { eventFacts } from '../i18n/describe.js';
import { fullTime } from '../i18n/format-relative-time.js';
import { useWords } from '../i18n/i18n-context.js';

interface EventListProps {
  readonly events: readonly SecurityEvent[];
  readonly sessions: readonly Session[];
  readonly areKnown: boolean;
  readonly hasMore: boolean;
  readonly onMore: () => void;
}

/** Events and, if there are older ones, the way to them. */
export function EventList({ events, sessions, areKnown, hasMore, onMore }: EventListProps): ReactElement {
  const { labels } = useWords();
  return (
    <section className="latchkey-events" data-latchkey-item="events">
      <h3 tabIndex={-1}>{labels.events}</h3>
      {areKnown && events.length === 0 && <p>{labels.noEvents}</p>}
      {events.length > 0 && (
        <ul>
          {events.map((event) => (
            <EventLine
              key={event.event_id}
              event={event}
              session={sessions.find(({ session_id }) => session_id === event.session_id) ?? null}
            />
          ))}
        </ul>
      )}
      {hasMore && (
        <button type="button" onClick={onMore}>
          {labels.showMore}
        </button>
      )}
    </section>
  );
}

function EventLine({ event, session }: { event: SecurityEvent; session: Session | null }): ReactElement {
  const words = useWords();
  const { labels, locale } = words;
  const { created_at: at, event_type: type, severity } = event;
  return (
    <li>
      <time dateTime={at} title={fullTime(at, locale)}>
        {clockTime(at, Date.now(), locale)}
      </time>{' '}
      <span>{labels.event[type] ?? type}</span>{' '}
      <bdi dir={words.direction}>{eventFacts(event, session, words)}</bdi>{' '}
      <span className="latchkey-severity" data-severity={severity}>
        {labels.severity[severity]}
      </span>
    </li>
  );
}
