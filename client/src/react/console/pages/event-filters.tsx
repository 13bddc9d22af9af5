/** The filters of the list of events. Choices apply at once, texts when they are submitted. */

import type { FormEvent, ReactElement } from 'react';

import { describeCode } from '../../i18n/describe-entry.js';
import { bidiSafe } from '../../i18n/i18n.js';
import { useConsole } from '../console-context.js';
import { NetworkField } from '../parts/network-field.js';
import { PeriodSelect } from '../parts/period-select.js';
import { useDraft } from '../parts/use-draft.js';
import { type EventFilters as Filters, hasDates, NO_FILTERS, PERIODS, periodStart, SEVERITY_FILTERS } from '../state/console-view.js';
import { EVENT_TYPES } from '../state/event-types.js';
import { localMinute, momentOf } from '../state/local-time.js';

/** The API's limit for the id of a user, in bytes. */
const MAX_ID = 255;
const PERIOD_CHOICES = [...PERIODS, 'dates'] as const;

export function EventFilters({ filters }: { readonly filters: Filters }): ReactElement {
  const { i18n, navigate, now } = useConsole();
  const { t } = i18n;
  const change = (part: Partial<Filters>): void => navigate({ page: 'events', ...filters, ...part });
  const types = EVENT_TYPES.map((type) => [type, describeCode('event', type, true, i18n) ?? type] as const).sort(([, a], [, b]) => a.localeCompare(b, i18n.locale));
  const isUnknown = filters.type !== null && !types.some(([type]) => type === filters.type);
  const isDated = hasDates(filters);
  // With dates the list begins as it was, and the reader goes on from there.
  const choosePeriod = (period: (typeof PERIOD_CHOICES)[number]): void =>
    change(period === 'dates' ? { from: periodStart(filters.period, now()), to: null } : { period, from: null, to: null });
  const isFiltered = Object.entries(NO_FILTERS).some(([name, value]) => filters[name as keyof Filters] !== value);
  return (
    <form
      className="latchkey-filters"
      onSubmit={(event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        event.stopPropagation();
        const form = new FormData(event.currentTarget);
        const value = (name: string): string | null => String(form.get(name) ?? '').trim() || null;
        const moment = (name: 'from' | 'to'): string | null => momentOf(String(form.get(name) ?? ''), filters[name]);
        change({ userId: value('userId'), network: value('network'), from: moment('from'), to: moment('to') });
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
        <select value={filters.type ?? ''} onChange={({ target }) => change({ type: target.value || null })}>
          <option value="">{t('events.type.all')}</option>
          {isUnknown && <option value={filters.type ?? ''}>{bidiSafe(i18n, filters.type)}</option>}
          {types.map(([type, name]) => (
            <option key={type} value={type}>
              {name}
            </option>
          ))}
        </select>
      </label>{' '}
      <PeriodSelect label={t('events.period')} periods={PERIOD_CHOICES} value={isDated ? 'dates' : filters.period} onChange={choosePeriod} />{' '}
      {isDated && <DateFilters filters={filters} />}{' '}
      <TextFilters filters={filters} />{' '}
      <button type="submit">{t('events.apply')}</button>{' '}
      {isFiltered && (
        <button type="button" data-latchkey-item="reset" onClick={() => navigate({ page: 'events', ...NO_FILTERS })}>
          {t('events.reset')}
        </button>
      )}
    </form>
  );
}

/** The first and the last moment, in the reader's time zone. Without an end the list goes on until now. */
function DateFilters({ filters }: { readonly filters: Filters }): ReactElement {
  const { t } = useConsole().i18n;
  const local = (at: string | null): string => (at === null ? '' : localMinute(Date.parse(at)));
  const [from, setFrom] = useDraft(local(filters.from));
  const [to, setTo] = useDraft(local(filters.to));
  const isReversed = from !== '' && to !== '' && to < from;
  return (
    <>
      <label>
        {t('events.from')} <input type="datetime-local" name="from" value={from} onChange={({ target }) => setFrom(target.value)} />
      </label>{' '}
      <label>
        {t('events.to')}{' '}
        <input
          ref={(field) => field?.setCustomValidity(isReversed ? t('events.badDates') : '')}
          type="datetime-local"
          name="to"
          value={to}
          onChange={({ target }) => setTo(target.value)}
        />
      </label>
    </>
  );
}

/** Nothing is applied before it is submitted. */
function TextFilters({ filters }: { readonly filters: Filters }): ReactElement {
  const { t } = useConsole().i18n;
  const [userId, setUserId] = useDraft(filters.userId ?? '');
  return (
    <>
      <label>
        {t('events.user')}{' '}
        <input name="userId" value={userId} maxLength={MAX_ID} autoComplete="off" spellCheck={false} dir="auto" onChange={({ target }) => setUserId(target.value)} />
      </label>{' '}
      <NetworkField saved={filters.network ?? ''} />
    </>
  );
}
