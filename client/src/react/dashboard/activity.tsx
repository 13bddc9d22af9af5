/** The trail of security events: filters, and a heading for each day. */

import { type ReactElement, useMemo, useRef, useState } from 'react';

import type { Session } from '../../core/types.js';
import { entryDevice } from '../i18n/describe-entry.js';
import { timeZoneName } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { useServerNow } from '../i18n/server-clock.js';
import { trailEntries } from '../i18n/trail-entries.js';
import { type Kind, groupByDay, isOfKind } from '../i18n/trail-filter.js';
import type { SessionView } from '../store/session-view.js';
import { ActivityFilter } from './activity-filter.js';
import { ActivityLine } from './activity-line.js';
import { dayName } from './day-name.js';

interface ActivityProps {
  readonly view: Pick<SessionView, 'events' | 'sessions' | 'userId' | 'hasLoadedEvents' | 'hasMoreEvents'>;
  readonly onShowMore: () => void;
}

export function Activity({ view, onShowMore }: ActivityProps): ReactElement {
  const i18n = useI18n();
  const { t } = i18n;
  const now = useServerNow()();
  const { events, sessions } = view;
  // A session that has ended since has left the list, and its events may not name its device.
  const known = useRef(new Map<string, Session>());
  for (const session of sessions) known.current.set(session.session_id, session);
  const [kind, setKind] = useState<Kind>('all');
  const [device, setDevice] = useState<string | null>(null);
  const all = useMemo(() => trailEntries(events), [events]);
  const lines = all.map((entry) => {
    const session = known.current.get(entry.event.session_id ?? '') ?? null;
    return { ...entry, session, device: entryDevice(entry, session, i18n) };
  });
  const devices = [...new Set(lines.map((line) => line.device).filter((name) => name !== null))].sort();
  const shown = lines.filter((line) => isOfKind(line, kind) && (device === null || line.device === device));
  return (
    <section className="latchkey-events" data-latchkey-item="events" aria-label={t('events')}>
      <h3 tabIndex={-1}>{t('events')}</h3>
      {events.length > 0 && <ActivityFilter {...{ kind, device, devices }} onKind={setKind} onDevice={setDevice} />}
      {view.hasLoadedEvents && events.length === 0 && <p>{t('noEvents')}</p>}
      {events.length > 0 && shown.length === 0 && <p>{t('noMatch')}</p>}
      {groupByDay(shown).map((day) => (
        <div key={day[0].event.created_at} className="latchkey-day">
          <h4>{dayName(day[0].event.created_at, now, i18n)}</h4>
          <ul>
            {day.map((line) => (
              <ActivityLine key={line.event.event_id} entry={line} session={line.session} isAdminView={view.userId !== null} />
            ))}
          </ul>
        </div>
      ))}
      {view.hasMoreEvents && (
        <button type="button" onClick={onShowMore}>
          {t('showMore')}
        </button>
      )}
      {shown.length > 0 && <p className="latchkey-muted">{t('timeZone', { zone: timeZoneName(now, i18n.locale) })}</p>}
    </section>
  );
}
