/** Whose clock? Nobody's: only the time since receipt counts. */

/** Seconds left; negative once they are over. */
export type Countdown = () => number;

/**
 * Counts down from now.
 *
 * The monotonic clock stops in sleep on some systems, and the wall clock jumps; taking the larger of the two finds
 * a token expired after a night's sleep, and costs one refresh when somebody sets the clock.
 */
export function countdown(seconds: number): Countdown {
  const wall = Date.now();
  const steady = performance.now();
  return () => seconds - Math.max(Date.now() - wall, performance.now() - steady) / 1000;
}
