/** Calculates the bars and the axes of the sign-in chart. */

interface Day {
  readonly day: string;
  readonly count: number;
}

/** The value at the top of the axis, and the height of each bar in percent of the axis. */
export function barHeights(days: readonly Day[]): { readonly top: number; readonly heights: readonly number[] } {
  const top = Math.max(1, ...days.map(({ count }) => count));
  return { top, heights: days.map(({ count }) => Math.round((100 * count) / top)) };
}

/** The days that are named below the bars: the first, the middle and the last one. */
export function axisMarks(days: readonly Day[]): readonly Day[] {
  const last = days.length - 1;
  return [...new Set([0, Math.floor(last / 2), last])].flatMap((index) => days[index] ?? []);
}

/** The sign-ins of all days. */
export function totalCount(days: readonly Day[]): number {
  return days.reduce((sum, { count }) => sum + count, 0);
}
