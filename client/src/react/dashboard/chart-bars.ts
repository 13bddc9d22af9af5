/** Calculates the bars of the sign-in chart. */

/** A bar in the units of the SVG. */
export interface Bar {
  readonly day: string;
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A day without sign-ins is drawn as a line, so that the row of days is visible. */
const MIN_HEIGHT = 1;
const GAP = 2;

/** One bar for each day, from left to right. The highest bar is as high as the drawing. */
export function chartBars(
  days: readonly { readonly day: string; readonly count: number }[],
  size: { readonly width: number; readonly height: number },
): readonly Bar[] {
  const highest = Math.max(1, ...days.map(({ count }) => count));
  const step = size.width / Math.max(1, days.length);
  return days.map(({ day, count }, index) => {
    const height = MIN_HEIGHT + ((size.height - MIN_HEIGHT) * count) / highest;
    return { day, count, x: index * step, y: size.height - height, width: Math.max(1, step - GAP), height };
  });
}

/** The sign-ins of all days. */
export function totalCount(days: readonly { readonly count: number }[]): number {
  return days.reduce((sum, { count }) => sum + count, 0);
}
