/** Times and lengths in a reader's language. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Up to here a time is told from now; what is older is a date. */
const RELATIVE_MAX = 7 * DAY;

type Unit = 'second' | 'minute' | 'hour' | 'day';

/** `12 minutes ago`, `3 Nov`, or `null` for what happened within the last minute. */
export function ago(iso: string, now: number, locale: string | undefined): string | null {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  // A server's clock may be ahead of the device's: what comes from there has happened.
  const seconds = Math.max(0, Math.floor((now - at) / 1_000));
  if (seconds < MINUTE) return null;
  if (seconds >= RELATIVE_MAX) return day(iso, now, locale);
  const [count, unit] = inUnits(seconds);
  return format(Intl.RelativeTimeFormat, locale, { numeric: 'always' }).format(-count, unit);
}

/** `3 Nov`, with the year if it is another one. */
export function day(iso: string, now: number, locale: string | undefined): string {
  const isThisYear = new Date(iso).getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? {} : ({ year: 'numeric' } as const);
  return written(iso, locale, { day: 'numeric', month: 'short', ...year });
}

/** `09:12` today, `3 Nov, 09:12` on other days. */
export function clockTime(iso: string | number, now: number, locale: string | undefined): string {
  const isToday = new Date(iso).toDateString() === new Date(now).toDateString();
  const date = isToday ? {} : ({ day: 'numeric', month: 'short' } as const);
  return written(iso, locale, { ...date, hour: '2-digit', minute: '2-digit' });
}

/** Day, time and zone in full. */
export function fullTime(iso: string, locale: string | undefined): string {
  return written(iso, locale, { dateStyle: 'full', timeStyle: 'long' });
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

/** `4 days`: rounded to the nearest, for what lasted. */
export function lasted(seconds: number, locale: string | undefined): string {
  const unit = unitOf(seconds);
  return length(Math.round(seconds / SECONDS[unit]) * SECONDS[unit], locale);
}

const SECONDS: Record<Unit, number> = { second: 1, minute: MINUTE, hour: HOUR, day: DAY };

function unitOf(seconds: number): Unit {
  if (seconds < MINUTE) return 'second';
  if (seconds < HOUR) return 'minute';
  return seconds < DAY ? 'hour' : 'day';
}

function inUnits(seconds: number): [number, Unit] {
  const unit = unitOf(seconds);
  return [Math.floor(seconds / SECONDS[unit]), unit];
}

function written(at: string | number, locale: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  return format(Intl.DateTimeFormat, locale, options).format(date);
}

/** Formats are dear to make, and 200 rows need the same five. */
const formats = new Map<string, unknown>();

function format<T, O>(
  Kind: new (locale: string | undefined, options: O) => T,
  locale: string | undefined,
  options: O,
): T {
  const key = `${Kind.name} ${locale} ${JSON.stringify(options)}`;
  const known = (formats.get(key) as T | undefined) ?? new Kind(locale, options);
  formats.set(key, known);
  return known;
}
