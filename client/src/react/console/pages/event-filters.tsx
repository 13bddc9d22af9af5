/** The filters of the list of events. Choices apply at once, texts when they are submitted. */

import { type FormEvent, type ReactElement, useState } from 'react';

import { useConsole } from '../console-context.js';
import { NetworkField } from '../parts/network-field.js';
import { PeriodSelect } from '../parts/period-select.js';
import { type EventFilters as Filters, NO_FILTERS, PERIODS, SEVERITY_FILTERS } from '../state/console-view.js';

/** The API's limit for the id of a user, in bytes. */
const MAX_ID = 255;

export function EventFilters({ filters }: { readonly filters: Filters }): ReactElement {
  const { i18n, eventTypes, navigate } = useConsole();
  const { t } = i18n;
  const change = (part: Partial<Filters>): void => navigate({ page: 'events', ...filters, ...part });
  const types = eventTypes.map((type) => [type, i18n.find('event', type) ?? type] as const).sort(([, a], [, b]) => a.localeCompare(b, i18n.locale));
  const isFiltered = Object.entries(NO_FILTERS).some(([name, value]) => filters[name as keyof Filters] !== value);
  return (
    <form
      className="latchkey-filters"
      onSubmit={(event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        event.stopPropagation();
        const form = new FormData(event.currentTarget);
        const value = (name: string): string | null => String(form.get(name) ?? '').trim() || null;
        change({ userId: value('userId'), network: value('network') });
      }}
    >
      <label>
        {t('events.severity')}{' '}
        <select value={filters.severity ?? 'all'} onChange={({ target }) => change({ severity: SEVERITY_FILTERS.find((one) => one === target.value) ?? null })}>
          {(['all', ...SEVERITY_FILTERS] as const).map((one) => (
            <option key={one} value={one}>
              {t(`events.severity.${one}`)}
            </option>
          ))}
        </select>
      </label>{' '}
      <label>
        {t('events.type')}{' '}
        <select
          value={filters.type ?? ''}
          // The values are those of `eventTypes`.
          onChange={({ target }) => change({ type: (target.value || null) as Filters['type'] })}
        >
          <option value="">{t('events.type.all')}</option>
          {types.map(([type, name]) => (
            <option key={type} value={type}>
              {name}
            </option>
          ))}
        </select>
      </label>{' '}
      <PeriodSelect label={t('events.period')} periods={PERIODS} value={filters.period} onChange={(period) => change({ period })} />{' '}
      <TextFilters key={`${filters.userId} ${filters.network}`} filters={filters} />{' '}
      <button type="submit">{t('events.apply')}</button>{' '}
      {isFiltered && (
        <button type="button" data-latchkey-item="reset" onClick={() => navigate({ page: 'events', ...NO_FILTERS })}>
          {t('events.reset')}
        </button>
      )}
    </form>
  );
}

/** Keeps what is typed until it is submitted. */
function TextFilters({ filters }: { readonly filters: Filters }): ReactElement {
  const { t } = useConsole().i18n;
  const [userId, setUserId] = useState(filters.userId ?? '');
  return (
    <>
      <label>
        {t('events.user')}{' '}
        <input name="userId" value={userId} maxLength={MAX_ID} autoComplete="off" spellCheck={false} dir="auto" onChange={({ target }) => setUserId(target.value)} />
      </label>{' '}
      <NetworkField initial={filters.network ?? ''} />
    </>
  );
}
