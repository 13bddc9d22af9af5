/** Formats the times of notices: the time of day, and how long to wait. */

export const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Unit = 'second' | 'minute' | 'hour' | 'day';

export const SECONDS: Record<Unit, number> = { second: 1, minute: MINUTE, hour: HOUR, day: DAY };

/** `09:12` for today, `3 Nov, 09:12` for other days. */
export function formatClockTime(iso: string | number, now: number, locale: string | undefined): string {
  const isToday = new Date(iso).toDateString() === new Date(now).toDateString();
  const date = isToday ? {} : ({ day: 'numeric', month: 'short' } as const);
  return formatDateTime(iso, locale, { ...date, hour: '2-digit', minute: '2-digit' });
}

/** `09:12` */
export function formatTimeOfDay(iso: string, locale: string | undefined): string {
  return formatDateTime(iso, locale, { hour: '2-digit', minute: '2-digit' });
}

/** `8 s`, `2 minutes` or `4 days`, rounded up so that nothing happens later than announced. */
export function formatWait(seconds: number, locale: string | undefined): string {
  const whole = Math.max(0, Math.ceil(seconds));
  // The symbol `s` is the same in every language, and short text keeps a countdown from jumping.
  if (whole < MINUTE) return `${formatter(Intl.NumberFormat, locale, {}).format(whole)}\u00A0s`;
  const unit = unitOf(whole);
  const count = Math.ceil(whole / SECONDS[unit]);
  return formatter(Intl.NumberFormat, locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** The largest unit that fits into the seconds. */
export function unitOf(seconds: number): Unit {
  if (seconds < MINUTE) return 'second';
  if (seconds < HOUR) return 'minute';
  return seconds < DAY ? 'hour' : 'day';
}

/** A date or time; text that is not a date is returned as it is. */
export function formatDateTime(at: string | number, locale: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  return formatter(Intl.DateTimeFormat, locale, options).format(date);
}

/** A cache, because a formatter is expensive to create and 200 rows need the same five. */
const formatters = new Map<string, unknown>();

export function formatter<T, O>(
  Kind: new (locale: string | undefined, options: O) => T,
  locale: string | undefined,
  options: O,
): T {
  const key = `${Kind.name} ${locale} ${JSON.stringify(options)}`;
  const known = (formatters.get(key) as T | undefined) ?? new Kind(locale, options);
  formatters.set(key, known);
  return known;
}
