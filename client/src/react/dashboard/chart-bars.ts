/** Where the bars of the sign-in chart stand. */

/** A bar, in the units of the drawing. */
export interface Bar {
  readonly day: string;
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A day without sign-ins keeps a line, so that the row of days can be seen. */
const BASE = 1;
const GAP = 2;

/** One bar a day, from the left, the highest as high as the drawing. */
export function bars(
  days: readonly { readonly day: string; readonly count: number }[],
  size: { readonly width: number; readonly height: number },
): readonly Bar[] {
  const highest = Math.max(1, ...days.map(({ count }) => count));
  const step = size.width / Math.max(1, days.length);
  return days.map(({ day, count }, index) => {
    const height = BASE + ((size.height - BASE) * count) / highest;
    return { day, count, x: index * step, y: size.height - height, width: Math.max(1, step - GAP), height };
  });
}

/** All sign-ins of the days shown. */
export function total(days: readonly { readonly count: number }[]): number {
  return days.reduce((sum, { count }) => sum + count, 0);
}
