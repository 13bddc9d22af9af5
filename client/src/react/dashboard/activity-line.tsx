/** A line of the trail: when, what, on which device, and where. Only what needs attention has a severity. */

import type { ReactElement } from 'react';

import type { Session } from '../../core/types.js';
import { describeEntry } from '../i18n/describe-entry.js';
import { formatFullTime } from '../i18n/format-relative-time.js';
import { formatTimeOfDay } from '../i18n/format-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { type TrailEntry, isAlert } from '../i18n/trail-entries.js';

interface ActivityLineProps {
  readonly entry: TrailEntry;
  readonly session: Session | null;
  readonly isAdminView: boolean;
}

export function ActivityLine({ entry, session, isAdminView }: ActivityLineProps): ReactElement {
  const i18n = useI18n();
  const { locale, direction } = i18n;
  const { created_at: at } = entry.event;
  const { title, device, where } = describeEntry(entry, session, isAdminView, i18n);
  return (
    <li data-severity={entry.severity}>
      <time dateTime={at} title={formatFullTime(at, locale)}>
        {formatTimeOfDay(at, locale)}
      </time>{' '}
      <span className="latchkey-what">
        {title}
        {isAlert(entry) && (
          <>
            {' '}
            <span className="latchkey-badge">{i18n.find('severity', entry.severity)}</span>
          </>
        )}
      </span>{' '}
      {device !== null && (
        <>
          <bdi dir={direction} className="latchkey-device">
            {device}
          </bdi>{' '}
        </>
      )}
      {where !== null && (
        <bdi dir={direction} className="latchkey-where">
          {where}
        </bdi>
      )}
    </li>
  );
}
