/** The list of events with its filters and the export. */

import { type ReactElement, useMemo } from 'react';

import { timeZoneName } from '../../i18n/format-relative-time.js';
import { formatClockTime } from '../../i18n/format-time.js';
import { useConsole } from '../console-context.js';
import { ActionMessage } from '../parts/action-message.js';
import { EventLines } from '../parts/event-lines.js';
import { Loading } from '../parts/loading.js';
import { PageHeading } from '../parts/page-heading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useAction } from '../parts/use-action.js';
import { useResourceState } from '../parts/use-resource.js';
import { type EventFilters as Filters, eventQuery } from '../state/console-view.js';
import { createEventList } from '../state/event-list.js';
import { EventFilters } from './event-filters.js';
import { ExportButtons } from './export-buttons.js';

/** Seconds. */
const POLL = 30;

export function EventsPage({ filters, isFirst }: { readonly filters: Filters; readonly isFirst: boolean }): ReactElement {
  const { i18n, fleet, sessionId, now, announce } = useConsole();
  const { t, locale } = i18n;
  const key = JSON.stringify(filters);
  const list = useMemo(
    () => createEventList((cursor) => fleet.events({ ...eventQuery(filters, now()), cursor }), POLL),
    // The clock only moves on, and other events belong to another session.
    [fleet, sessionId, key],
  );
  const state = useResourceState(list);
  const older = useAction();
  const trail = state.data;
  const events = trail?.events ?? null;
  const hasMore = trail !== null && trail.next !== null;
  const showMore = (): void =>
    older.run(async () => {
      const before = list.getState().data?.events?.length ?? 0;
      await list.loadOlder();
      announce(t('moreEventsLoaded', { count: (list.getState().data?.events?.length ?? before) - before }));
    });
  return (
    <>
      <PageHeading isFirst={isFirst}>{t('events.title')}</PageHeading>
      <EventFilters filters={filters} />
      <ExportButtons filters={filters} />
      <ResourceNotice state={state} onRetry={() => void list.reload()} />
      <section className="latchkey-events" aria-label={t('events.title')}>
        {events === null && state.error === null && <Loading lines={5} />}
        {events?.length === 0 && <p className="latchkey-muted">{t(hasMore ? 'events.noneYet' : 'events.none')}</p>}
        {events !== null && <EventLines events={events} />}
        <ActionMessage action={older} />
        {hasMore && (
          <button type="button" data-latchkey-item="more" disabled={older.isBusy} onClick={showMore}>
            {t(older.isBusy ? 'events.loadingMore' : 'showMore')}
          </button>
        )}
        {state.loadedAt !== null && (
          <p className="latchkey-muted">
            {t('events.lastUpdated', { when: formatClockTime(state.loadedAt, Date.now(), locale) })} {t('timeZone', { zone: timeZoneName(now(), locale) })}
          </p>
        )}
      </section>
    </>
  );
}
