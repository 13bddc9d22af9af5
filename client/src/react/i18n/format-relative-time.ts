/** Times and lengths in a reader's language. */

import { type Unit, DAY, MINUTE, SECONDS, format, length, unitOf, written } from './format-time.js';

/** Up to here a time is told from now; what is older is a date. */
const RELATIVE_MAX = 7 * DAY;

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

/** Day, time and zone in full. */
export function fullTime(iso: string, locale: string | undefined): string {
  return written(iso, locale, { dateStyle: 'full', timeStyle: 'long' });
}

/** `4 days`: rounded to the nearest, for what lasted. */
export function lasted(seconds: number, locale: string | undefined): string {
  const unit = unitOf(seconds);
  return length(Math.round(seconds / SECONDS[unit]) * SECONDS[unit], locale);
}

function inUnits(seconds: number): [number, Unit] {
  const unit = unitOf(seconds);
  return [Math.floor(seconds / SECONDS[unit]), unit];
}
