/** The facts of a session below its name: place, address, binding, last activity and sign-in. */

import { Fragment, type ReactElement, type ReactNode } from 'react';

import type { Session } from '../../core/types.js';
import { formatDate, formatFullTime } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { bidiSafe } from '../i18n/i18n.js';
import { useServerNow } from '../i18n/server-clock.js';
import { placeName } from '../i18n/session-names.js';
import { RelativeTime } from './relative-time.js';

export function CardFacts({ id, session }: { readonly id: string; readonly session: Session }): ReactElement {
  const i18n = useI18n();
  const { t, locale, direction } = i18n;
  const now = useServerNow()();
  const { is_current: isCurrent, created_at: created, last_activity: active, binding } = session;
  // These phrases are ours with names in them, so they have our direction, whatever their first letter is.
  const bound = binding === 'none' ? null : i18n.find('binding', binding);
  const where = [placeName(session.location, i18n), bidiSafe(i18n, session.ip_address), bound].filter((text) => text !== null);
  const when = [
    // The reader uses this device now, even if its last request was long ago or its clock is wrong.
    <RelativeTime at={active} phrase={(ago) => (ago === null || isCurrent ? t('activeNow') : t('lastActive', { when: ago }))} />,
    <time dateTime={created} title={formatFullTime(created, locale)}>
      {t('signedInOn', { when: formatDate(created, now, locale) })}
    </time>,
  ];
  return (
    <p id={id} className="latchkey-facts">
      <Line parts={where.map((text) => <bdi dir={direction}>{text}</bdi>)} /> <Line parts={when} />
    </p>
  );
}

/** The parts with dots between them. */
function Line({ parts }: { readonly parts: readonly ReactNode[] }): ReactElement {
  return (
    <span className="latchkey-line">
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && ' · '}
          {part}
        </Fragment>
      ))}
    </span>
  );
}
