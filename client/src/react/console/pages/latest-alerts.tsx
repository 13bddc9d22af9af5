/** The newest alerts, below the numbers of the overview. */

import type { ReactElement } from 'react';

import type { FleetEvent } from '../../../core/fleet/fleet-types.js';
import type { Trail } from '../../store/event-trail.js';
import { useConsole } from '../console-context.js';
import { EventLines } from '../parts/event-lines.js';
import { Loading } from '../parts/loading.js';
import { ResourceNotice } from '../parts/resource-notice.js';
import { NO_FILTERS } from '../state/console-view.js';
import type { EventList } from '../state/event-list.js';
import type { ResourceState } from '../state/resource.js';

const SHOWN = 5;

interface LatestAlertsProps {
  readonly list: EventList;
  readonly state: ResourceState<Trail<FleetEvent>>;
  readonly showsNotice: boolean;
}

export function LatestAlerts({ list, state, showsNotice }: LatestAlertsProps): ReactElement {
  const { i18n, navigate } = useConsole();
  const { t } = i18n;
  const events = state.data?.events ?? null;
  return (
    <section className="latchkey-events" aria-label={t('overview.latest')}>
      <h3>{t('overview.latest')}</h3>
      {showsNotice && <ResourceNotice state={state} onRetry={() => void list.reload()} />}
      {events === null && state.error === null && <Loading />}
      {events?.length === 0 && <p className="latchkey-muted">{t('overview.noAlerts')}</p>}
      {events !== null && <EventLines events={events.slice(0, SHOWN)} />}
      <p className="latchkey-buttons">
        <button type="button" onClick={() => navigate({ page: 'events', ...NO_FILTERS })}>
          {t('overview.allEvents')}
        </button>
      </p>
    </section>
  );
}
