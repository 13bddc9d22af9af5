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

/** The weekday and date of a heading, with the year if it is not the current one. */
export function formatDay(iso: string, now: number, locale: string | undefined): string {
  const isThisYear = new Date(iso).getFullYear() === new Date(now).getFullYear();
  const year = isThisYear ? {} : ({ year: 'numeric' } as const);
  return formatDateTime(iso, locale, { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

/** Calendar days in the reader's time zone between a time and now; 0 is today. */
export function daysAgo(iso: string, now: number): number {
  const midnight = (at: number | string): number => new Date(at).setHours(0, 0, 0, 0);
  // Rounded, because a day may have 23 or 25 hours.
  return Math.round((midnight(now) - midnight(iso)) / (DAY * 1_000));
}

/** The name of the reader's time zone, for example `Central European Time`. */
export function timeZoneName(now: number, locale: string | undefined): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const parts = formatter(Intl.DateTimeFormat, locale, { timeZoneName: 'longGeneric' }).formatToParts(now);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value;
  return name === undefined || name.startsWith('GMT') ? timeZone : name;
}

function inUnits(seconds: number): [number, Unit] {
  const unit = unitOf(seconds);
  return [Math.floor(seconds / SECONDS[unit]), unit];
}
