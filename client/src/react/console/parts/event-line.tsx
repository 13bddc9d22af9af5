/** A line of the events: when, how severe, what, which user, and where. All facts are in its details. */

import { Fragment, type ReactElement, type ReactNode } from 'react';

import type { FleetEvent } from '../../../core/fleet/fleet-types.js';
import type { SecurityEvent } from '../../../core/types.js';
import { showAllControls } from '../../i18n/bidi.js';
import { text } from '../../i18n/describe.js';
import { describeEntry } from '../../i18n/describe-entry.js';
import { formatFullTime } from '../../i18n/format-relative-time.js';
import { formatTimeOfDay } from '../../i18n/format-time.js';
import { bidiSafe, idSafe } from '../../i18n/i18n.js';
import { isAlert, type TrailEntry } from '../../i18n/trail-entries.js';
import { useConsole } from '../console-context.js';
import { isNetwork } from '../state/network-text.js';

export function EventLine({ entry }: { readonly entry: TrailEntry<FleetEvent> }): ReactElement {
  const { i18n, navigate } = useConsole();
  const { t, locale, direction } = i18n;
  const { event, severity } = entry;
  const { created_at: at, user_id: userId } = event;
  const { title, device, where } = describeEntry(entry, null, true, i18n);
  const address = text(event.details, 'ip');
  const shownAddress = bidiSafe(i18n, address);
  const user = idSafe(i18n, userId);
  const facts: ReactNode[] = [device, where === shownAddress ? null : where].flatMap((part) => (part === null ? [] : [<bdi dir={direction}>{part}</bdi>]));
  if (address !== null) facts.push(<Address address={address} />);
  return (
    <li data-severity={severity} data-latchkey-item={event.event_id}>
      <time dateTime={at} title={formatFullTime(at, locale)}>
        {formatTimeOfDay(at, locale)}
      </time>{' '}
      <span className="latchkey-what">
        {title}
        {isAlert(entry) && (
          <>
            {' '}
            <span className="latchkey-badge">{i18n.find('severity', severity)}</span>
          </>
        )}
      </span>{' '}
      {userId !== null && user !== null && (
        <button type="button" className="latchkey-link" aria-label={t('events.openUser', { user })} onClick={() => navigate({ page: 'user', userId })}>
          <bdi>{user}</bdi>
        </button>
      )}{' '}
      <span className="latchkey-from">
        {facts.map((fact, index) => (
          <Fragment key={index}>
            {index > 0 && ' · '}
            {fact}
          </Fragment>
        ))}
      </span>{' '}
      <EventDetails entry={entry} title={title} />
    </li>
  );
}

/** Leads to the network, if the server has recorded an address. */
function Address({ address }: { readonly address: string }): ReactElement {
  const { i18n, navigate } = useConsole();
  const shown = bidiSafe(i18n, address);
  if (!isNetwork(address)) return <bdi>{shown}</bdi>;
  return (
    <button
      type="button"
      className="latchkey-link"
      aria-label={i18n.t('events.openNetwork', { network: shown })}
      onClick={() => navigate({ page: 'network', network: address })}
    >
      <bdi>{shown}</bdi>
    </button>
  );
}

/** Everything that the server has recorded about each event of the line, as it is, for a report or another tool. */
function EventDetails({ entry, title }: { readonly entry: TrailEntry<FleetEvent>; readonly title: string }): ReactElement {
  const { t } = useConsole().i18n;
  const { event, findings, cause } = entry;
  return (
    <details className="latchkey-more">
      <summary aria-label={t('events.detailsOf', { event: title })}>{t('events.details')}</summary>
      {[event, ...findings, ...(cause === null ? [] : [cause])].map((one) => (
        <EventFacts key={one.event_id} event={one} />
      ))}
    </details>
  );
}

function EventFacts({ event }: { readonly event: SecurityEvent }): ReactElement {
  const { i18n } = useConsole();
  const { t, locale } = i18n;
  const facts: readonly (readonly [string, string])[] = [
    [t('events.id'), event.event_id],
    [t('events.type'), event.event_type],
    [t('events.severity'), i18n.find('severity', event.severity) ?? event.severity],
    [t('events.at'), formatFullTime(event.created_at, locale)],
    ...(event.session_id === null ? [] : [[t('events.session'), event.session_id] as const]),
    ...Object.entries(event.details).map(([name, value]) => [name, String(value)] as const),
  ];
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>
            <bdi>{showAllControls(name)}</bdi>
          </dt>{' '}
          <dd>
            <bdi>{showAllControls(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
