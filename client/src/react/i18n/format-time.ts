/** What a notice says of time: when it was, and how long one waits. */

export const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Unit = 'second' | 'minute' | 'hour' | 'day';

/** `09:12` today, `3 Nov, 09:12` on other days. */
export function clockTime(iso: string | number, now: number, locale: string | undefined): string {
  const isToday = new Date(iso).toDateString() === new Date(now).toDateString();
  const date = isToday ? {} : ({ day: 'numeric', month: 'short' } as const);
  return written(iso, locale, { ...date, hour: '2-digit', minute: '2-digit' });
}

/** `8 s`, `2 minutes`, `4 days`: rounded up, for what one waits for. */
export function length(seconds: number, locale: string | undefined): string {
  const whole = Math.max(0, Math.ceil(seconds));
  // The sign of the unit is the same everywhere, and a count-down needs few letters.
  if (whole < MINUTE) return `${format(Intl.NumberFormat, locale, {}).format(whole)}\u00A0s`;
  const unit = unitOf(whole);
  const count = Math.ceil(whole / SECONDS[unit]);
  return format(Intl.NumberFormat, locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

export const SECONDS: Record<Unit, number> = { second: 1, minute: MINUTE, hour: HOUR, day: DAY };

export function unitOf(seconds: number): Unit {
  if (seconds < MINUTE) return 'second';
  if (seconds < HOUR) return 'minute';
  return seconds < DAY ? 'hour' : 'day';
}

/** A time, or what stands there instead of one. */
export function written(at: string | number, locale: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  return format(Intl.DateTimeFormat, locale, options).format(date);
}

/** Formats are dear to make, and 200 rows need the same five. */
const formats = new Map<string, unknown>();

export function format<T, O>(
  Kind: new (locale: string | undefined, options: O) => T,
  locale: string | undefined,
  options: O,
): T {
  const key = `${Kind.name} ${locale} ${JSON.stringify(options)}`;
  const known = (formats.get(key) as T | undefined) ?? new Kind(locale, options);
  formats.set(key, known);
  return known;
}
