/** The hours of a chart: every hour of the period, also those that the server has not counted. */

import type { Overview } from '../../../core/fleet/fleet-types.js';

type Count = Overview['hours'][number];

/** The numbers that have a chart. */
export const SERIES = ['live_sessions', 'sign_ins', 'alerts', 'refused_sign_ins'] as const;
export type Series = (typeof SERIES)[number];

export interface Hour {
  /** The begin of the hour, ISO 8601. */
  readonly at: string;
  /** `null` if it was not counted. */
  readonly value: number | null;
  /** The hour has not ended, so that its number may grow. */
  readonly isRunning: boolean;
}

const HOUR = 3_600_000;

/** The last `count` hours, the oldest first; the running hour is the last one. */
export function hoursOf({ hours, server_time: now }: Overview, series: Series, count: number): readonly Hour[] {
  const counted = new Map<number, Count>(hours.map((one) => [Date.parse(one.hour), one]));
  const running = Math.floor(Date.parse(now) / HOUR) * HOUR;
  return Array.from({ length: count }, (_, index) => {
    const at = running - (count - 1 - index) * HOUR;
    return { at: new Date(at).toISOString(), value: counted.get(at)?.[series] ?? null, isRunning: at === running };
  });
}

/** The sum of the counted hours; `null` if none was counted. */
export function totalOf(hours: readonly Hour[]): number | null {
  const values = hours.flatMap(({ value }) => value ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

/** The newest number: a level, such as that of live sessions, has no meaningful sum. */
export function latestOf(hours: readonly Hour[]): number | null {
  return hours.findLast(({ value }) => value !== null)?.value ?? null;
}

/** The round number at the top of the axis, at least as high as every value: 1, 2, 5, 10, 20, 50 and so on. */
export function axisTop(hours: readonly Hour[]): number {
  const most = Math.max(1, ...hours.map(({ value }) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= most) ?? most;
}

/** When the newest hour was counted; `null` if none was. */
export function countedAt({ hours }: Overview): string | null {
  return hours[0]?.counted_at ?? null;
}
