/** The events that match the filters, and their export. */

import { type ReactElement, useMemo } from 'react';

import { timeZoneName } from '../../i18n/format-relative-time.js';
import { formatClockTime } from '../../i18n/format-time.js';
import { useConsole } from '../console-context.js';
import { ActionMessage } from '../parts/action-message.js';
import { BusyButton } from '../parts/busy-button.js';
import { EventLines } from '../parts/event-lines.js';
import { Loading } from '../parts/loading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { useAction } from '../parts/use-action.js';
import { useResourceState } from '../parts/use-resource.js';
import { type EventFilters, eventQuery } from '../state/console-view.js';
import { createEventList } from '../state/event-list.js';
import { ExportButtons } from './export-buttons.js';

/** Seconds. */
const POLL = 30;

export function EventResults({ filters }: { readonly filters: EventFilters }): ReactElement {
  const { i18n, fleet, sessionId, now, announce } = useConsole();
  const { t, locale } = i18n;
  const list = useMemo(
    () => createEventList((cursor) => fleet.events({ ...eventQuery(filters, now()), cursor }), POLL),
    // The clock only moves on, and other events belong to another session. Other filters are another component.
    [fleet, sessionId],
  );
  const state = useResourceState(list);
  const older = useAction();
  const trail = state.data;
  const events = trail?.events ?? null;
  const hasMore = trail !== null && trail.next !== null;
  const showMore = (): void =>
    older.run(async (signal) => {
      const before = list.getState().data?.events?.length ?? 0;
      await list.loadOlder();
      if (!signal.aborted) announce(t('moreEventsLoaded', { count: (list.getState().data?.events?.length ?? before) - before }));
    });
  return (
    <>
      <ExportButtons filters={filters} />
      <ResourceNotice state={state} onRetry={() => void list.reload()} />
      <section className="latchkey-events" aria-label={t('events.title')}>
        {events === null && state.error === null && <Loading lines={5} />}
        {events?.length === 0 && <p className="latchkey-muted">{t(hasMore ? 'events.noneYet' : 'events.none')}</p>}
        {events !== null && <EventLines events={events} />}
        <ActionMessage action={older} />
        {hasMore && (
          <BusyButton data-latchkey-item="more" isBusy={older.isBusy} onClick={showMore}>
            {t(older.isBusy ? 'events.loadingMore' : 'showMore')}
          </BusyButton>
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
