/** Everything that is known about a session, and what has happened to it. */

import { type ReactElement, type ReactNode, useContext } from 'react';

import type { Analytics, Session } from '../../core/types.js';
import { describeEntry } from '../i18n/describe-entry.js';
import { describeFinding } from '../i18n/describe.js';
import { formatFullTime } from '../i18n/format-relative-time.js';
import { formatClockTime } from '../i18n/format-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { type I18n, bidiSafe } from '../i18n/i18n.js';
import type { TextKey } from '../i18n/labels.js';
import { useServerNow } from '../i18n/server-clock.js';
import { placeName, versioned } from '../i18n/session-names.js';
import { trailEntries } from '../i18n/trail-entries.js';
import { RecentEvents } from './recent-events.js';

interface SessionDetailsProps {
  readonly session: Session;
  readonly analytics: Analytics | null;
  readonly isAdminView: boolean;
}

/** The trail below the list has the rest. */
const MAX_EVENTS = 5;

export function SessionDetails({ session, analytics, isAdminView }: SessionDetailsProps): ReactElement {
  const i18n = useI18n();
  const { t } = i18n;
  const noticed = session.risk.findings.map((finding) => describeFinding(finding, session, isAdminView ? null : analytics, i18n));
  const rows: readonly (readonly [TextKey, ReactNode])[] = [
    ...facts(session, i18n),
    ...(noticed.length === 0 ? [] : [['detail.noticed', noticed.join('. ')] as const]),
  ];
  return (
    <>
      <dl>
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt> <dd>{value ?? t('detail.unknown')}</dd>
          </div>
        ))}
      </dl>
      <SessionActivity {...{ session, isAdminView }} />
      <p className="latchkey-muted">{t('detail.approximate')}</p>
    </>
  );
}

function facts(session: Session, i18n: I18n): readonly (readonly [TextKey, ReactNode])[] {
  const time = (at: string): ReactNode => <time dateTime={at}>{formatFullTime(at, i18n.locale)}</time>;
  const safe = (text: string | null): ReactNode => {
    const shown = bidiSafe(i18n, text);
    return shown === null ? null : <bdi>{shown}</bdi>;
  };
  return [
    ['detail.browser', safe(versioned(session.browser, session.browser_version))],
    ['detail.system', safe(versioned(session.os, session.os_version))],
    ['detail.device', safe(session.device) ?? i18n.t(`device.${session.device_type}`)],
    ['detail.place', placeName(session.location, i18n)],
    ['detail.address', safe(session.ip_address)],
    ['detail.binding', i18n.find('binding', session.binding)],
    ['detail.created', time(session.created_at)],
    ['detail.active', time(session.last_activity)],
    ['detail.expires', time(session.expires_at)],
    ['detail.ends', time(session.absolute_expires_at)],
  ];
}

function SessionActivity({ session, isAdminView }: Omit<SessionDetailsProps, 'analytics'>): ReactElement | null {
  const i18n = useI18n();
  const now = useServerNow();
  const events = useContext(RecentEvents).filter(({ session_id }) => session_id === session.session_id);
  if (events.length === 0) return null;
  return (
    <>
      <h4>{i18n.t('detail.activity')}</h4>
      <ul>
        {trailEntries(events).slice(0, MAX_EVENTS).map((entry) => {
          const { event_id: id, created_at: at } = entry.event;
          const { title, where } = describeEntry(entry, session, isAdminView, i18n);
          return (
            <li key={id}>
              <time dateTime={at}>{formatClockTime(at, now(), i18n.locale)}</time> {title}
              {where !== null && <bdi dir={i18n.direction}> · {where}</bdi>}
            </li>
          );
        })}
      </ul>
    </>
  );
}
