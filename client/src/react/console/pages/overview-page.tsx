/** The overview: four numbers by hour, and the latest alerts. */

import { type ReactElement, useMemo, useState } from 'react';

import type { Overview } from '../../../core/fleet/fleet-types.js';
import { formatClockTime } from '../../i18n/format-time.js';
import { useConsole } from '../console-context.js';
import { HourChart } from '../parts/hour-chart.js';
import { Loading } from '../parts/loading.js';
import { PageHeading } from '../parts/page-heading.js';
import { PeriodSelect } from '../parts/period-select.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useResource, useResourceState } from '../parts/use-resource.js';
import { type EventFilters, NO_FILTERS, eventQuery } from '../state/console-view.js';
import { createEventList } from '../state/event-list.js';
import { countedAt, hoursOf, latestOf, type Series, totalOf } from '../state/hours.js';
import { LatestAlerts } from './latest-alerts.js';

/** Seconds. The server counts every five minutes. */
const POLL = 60;
const POLL_ALERTS = 30;
const CHART_PERIODS = [24, 168] as const;
type ChartPeriod = (typeof CHART_PERIODS)[number];

/** The events behind each number. */
const EVENTS_OF: Partial<Record<Series, Partial<EventFilters>>> = {
  sign_ins: { type: 'login' },
  alerts: { severity: 'high' },
  refused_sign_ins: { type: 'sign_in_refused' },
};

export function OverviewPage({ isFirst }: { readonly isFirst: boolean }): ReactElement {
  const { i18n, fleet, sessionId, online, now } = useConsole();
  const [period, setPeriod] = useState<ChartPeriod>(24);
  const { state, reload } = useResource(`overview ${period} ${sessionId}`, () => fleet.overview(period), POLL);
  const alerts = useMemo(
    () => createEventList((cursor) => fleet.events({ ...eventQuery({ ...NO_FILTERS, severity: 'high' }, now()), cursor }), POLL_ALERTS),
    // The clock only moves on, and other alerts belong to another session.
    [fleet, sessionId],
  );
  const alertState = useResourceState(alerts);
  const { data, error } = state;
  const hasNumbers = error?.code !== 'forbidden';
  // An administrator of one issuer sees events, but no numbers of all users.
  const isOfOneIssuer = !hasNumbers && alertState.data !== null;
  return (
    <>
      <div className="latchkey-toolbar">
        <PageHeading isFirst={isFirst}>{i18n.t('nav.overview')}</PageHeading>
        {hasNumbers && <PeriodSelect label={i18n.t('overview.period')} periods={CHART_PERIODS} value={period} onChange={setPeriod} />}
      </div>
      {isOfOneIssuer && <p className="latchkey-muted">{i18n.t('overview.otherIssuers')}</p>}
      {hasNumbers && <ResourceNotice state={state} onRetry={() => void reload()} />}
      {data === null && error === null && <Loading lines={2} />}
      {data !== null && <Numbers overview={data} period={period} />}
      {/* One notice is enough for both parts. */}
      <LatestAlerts list={alerts} state={alertState} showsNotice={!hasNumbers || (error === null && online)} />
    </>
  );
}

function Numbers({ overview, period }: { readonly overview: Overview; readonly period: ChartPeriod }): ReactElement {
  const { i18n } = useConsole();
  const { t, locale } = i18n;
  const at = countedAt(overview);
  if (at === null) return <p className="latchkey-muted">{t('overview.noCounts')}</p>;
  const inPeriod = period === 24 ? t('overview.inPeriod', { hours: period }) : t('overview.inDays', { days: period / 24 });
  const live = hoursOf(overview, 'live_sessions', period);
  const counts: readonly (readonly [Series, string])[] = [
    ['sign_ins', t('overview.signIns')],
    ['alerts', t('overview.alerts')],
    ['refused_sign_ins', t('overview.refused')],
  ];
  return (
    <>
      <div className="latchkey-tiles">
        <HourChart
          name={t('overview.live')}
          figure={latestOf(live)}
          caption={t(latestOf(live) === null ? 'overview.liveUnknown' : 'overview.liveNow')}
          hours={live}
        />
        {counts.map(([series, name]) => {
          const hours = hoursOf(overview, series, period);
          return (
            <HourChart key={series} name={name} figure={totalOf(hours)} caption={inPeriod} hours={hours} isAlarming={series === 'alerts'}>
              <ShowEvents {...{ series, name, period }} />
            </HourChart>
          );
        })}
      </div>
      <p className="latchkey-muted">{t('overview.countedAt', { when: formatClockTime(at, Date.parse(overview.server_time), locale) })}</p>
    </>
  );
}

interface ShowEventsProps {
  readonly series: Series;
  readonly name: string;
  readonly period: ChartPeriod;
}

/** Leads to the events of the same period. */
function ShowEvents({ series, name, period }: ShowEventsProps): ReactElement {
  const { i18n, navigate } = useConsole();
  return (
    <button
      type="button"
      aria-label={i18n.t('overview.showEventsOf', { name })}
      onClick={() => navigate({ page: 'events', ...NO_FILTERS, ...EVENTS_OF[series], period })}
    >
      {i18n.t('overview.showEvents')}
    </button>
  );
}
