/** Which page does the console show? As a value that an app can keep in its address. */

import type { FleetEventQuery } from '../../../core/fleet/fleet-types.js';
import type { Severity } from '../../../core/types.js';
import type { EventType } from './event-types.js';

/** Hours of the period that a list or a chart covers. */
export const PERIODS = [24, 168, 720, 2_160] as const;
export type Period = (typeof PERIODS)[number];

/** The severities that the list of events can be limited to, with the more severe ones. */
export const SEVERITY_FILTERS = ['medium', 'high', 'critical'] as const satisfies readonly Severity[];
export type SeverityFilter = (typeof SEVERITY_FILTERS)[number];

/** The filters of the list of events. A filter that is `null` excludes nothing. */
export interface EventFilters {
  readonly severity: SeverityFilter | null;
  /** A type of events. One that this version does not know stays, so that the server refuses it and the list is not without a filter. */
  readonly type: string | null;
  readonly userId: string | null;
  readonly network: string | null;
  /** Hours until now. It has no effect beside `from` or `to`. */
  readonly period: Period;
  /** The first moment, ISO 8601. If only `to` is given, the list covers the seven days before it. */
  readonly from: string | null;
  /** The last moment, ISO 8601. */
  readonly to: string | null;
}

/** A page of the console. */
export type ConsoleView =
  | { readonly page: 'overview' }
  | ({ readonly page: 'events' } & EventFilters)
  | { readonly page: 'search'; readonly q: string }
  | { readonly page: 'user'; readonly userId: string }
  | { readonly page: 'network'; readonly network: string };

export const OVERVIEW: ConsoleView = { page: 'overview' };
export const NO_FILTERS: EventFilters = { severity: null, type: null, userId: null, network: null, period: 168, from: null, to: null };
/** The page of events as the navigation opens it: with blocks of sign-ins, which are no alerts, and without each sign-in. */
export const NOTABLE_EVENTS: ConsoleView = { page: 'events', ...NO_FILTERS, severity: 'medium' };

/** A day before the end of the year 9999. Later years have more digits, and the last moments of a calendar have no local time. */
const LAST_MOMENT = Date.UTC(9999, 11, 31);

/** The query of the API for the filters; `now` is the server's time in milliseconds. */
export function eventQuery(filters: EventFilters, now: number): FleetEventQuery {
  const { severity, type, userId, network, period, from, to } = filters;
  return {
    severity: severity ?? undefined,
    type: (type as EventType | null) ?? undefined,
    user_id: userId ?? undefined,
    network: network ?? undefined,
    from: hasDates(filters) ? (from ?? undefined) : periodStart(period, now),
    to: to ?? undefined,
  };
}

/** Do the filters have dates in place of the period? */
export function hasDates({ from, to }: Pick<EventFilters, 'from' | 'to'>): boolean {
  return from !== null || to !== null;
}

/** ISO 8601. */
export function periodStart(hours: number, now: number): string {
  return isoTime(now - hours * 3_600_000);
}

/** The moment that a text names, ISO 8601; `null` if it names none, or one that a field for date and time cannot show in every time zone. */
export function momentFrom(text: string): string | null {
  const at = Date.parse(text);
  return at >= 0 && at < LAST_MOMENT ? isoTime(at) : null;
}

/** A moment in whole seconds, as the API writes its times. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * The page as a query string without `?`, for the address of an app.
 *
 * ```ts
 * history.pushState(null, '', `#${consoleViewToQuery(view)}`);
 * ```
 */
export function consoleViewToQuery(view: ConsoleView): string {
  const parameters = Object.entries(view).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]));
  return new URLSearchParams(parameters).toString();
}

/** The page that a query string names; the overview for text that names none. */
export function consoleViewFromQuery(query: string): ConsoleView {
  const parameters = new URLSearchParams(query.replace(/^[?#]/, ''));
  const text = (name: string): string | null => parameters.get(name) || null;
  const moment = (name: string): string | null => momentFrom(text(name) ?? '');
  const [q, userId, network] = [text('q'), text('userId'), text('network')];
  switch (parameters.get('page')) {
    case 'events':
      return {
        page: 'events',
        severity: SEVERITY_FILTERS.find((one) => one === text('severity')) ?? null,
        type: text('type'),
        userId,
        network,
        period: PERIODS.find((one) => one === Number(text('period'))) ?? NO_FILTERS.period,
        from: moment('from'),
        to: moment('to'),
      };
    case 'search':
      return q === null ? OVERVIEW : { page: 'search', q };
    case 'user':
      return userId === null ? OVERVIEW : { page: 'user', userId };
    case 'network':
      return network === null ? OVERVIEW : { page: 'network', network };
    default:
      return OVERVIEW;
  }
}
