/** Formats the times of sessions and events in the reader's language. */

import { type Unit, DAY, MINUTE, SECONDS, formatDateTime, formatWait, formatter, unitOf } from './format-time.js';

/** Older times are shown as a date. */
const RELATIVE_MAX = 7 * DAY;

/** `12 minutes ago` or `3 Nov`; `null` within the last minute. */
export function formatTimeAgo(iso: string, now: number, locale: string | undefined): string | null {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return iso;
  // The server's clock may be ahead of the device's, so a time in the future counts as now.
  const seconds = Math.max(0, Math.floor((now - at) / 1_000));
  if (seconds < MINUTE) return null;
  if (seconds >= RELATIVE_MAX) return formatDate(iso, now, locale);
  const [count, unit] = inUnits(seconds);
  return formatter(Intl.RelativeTimeFormat, locale, { numeric: 'always' }).format(-count, unit);
}

/** `3 Nov`, with the year if it is not the current one. */
export function formatDate(iso: string, now: number, locale: string | undefined): string {
  const isThisYear = new Date(iso).getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? {} : ({ year: 'numeric' } as const);
  return formatDateTime(iso, locale, { day: 'numeric', month: 'short', ...year });
}

/** The full date with time and time zone, for a tooltip. */
export function formatFullTime(iso: string, locale: string | undefined): string {
  return formatDateTime(iso, locale, { dateStyle: 'full', timeStyle: 'long' });
}

/** `4 days`: a length of time, rounded to the nearest unit. */
export function formatDuration(seconds: number, locale: string | undefined): string {
  const unit = unitOf(seconds);
  return formatWait(Math.round(seconds / SECONDS[unit]) * SECONDS[unit], locale);
}

function inUnits(seconds: number): [number, Unit] {
  const unit = unitOf(seconds);
  return [Math.floor(seconds / SECONDS[unit]), unit];
}
