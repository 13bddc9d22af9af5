/** The list of events with its filters. */

import type { ReactElement } from 'react';

import { useConsole } from '../console-context.js';
import { PageHeading } from '../parts/page-heading.js';
import type { EventFilters as Filters } from '../state/console-view.js';
import { EventFilters } from './event-filters.js';
import { EventResults } from './event-results.js';

export function EventsPage({ filters, isFirst }: { readonly filters: Filters; readonly isFirst: boolean }): ReactElement {
  const { t } = useConsole().i18n;
  return (
    <>
      <PageHeading isFirst={isFirst}>{t('events.title')}</PageHeading>
      <EventFilters filters={filters} />
      {/* Other filters are another list, so that no error, message or export of the list before remains. */}
      <EventResults key={JSON.stringify(filters)} filters={filters} />
    </>
  );
}
