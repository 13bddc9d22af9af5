/** How many seconds are left? Measured from now on, so that a device whose clock is wrong counts correctly. */

/** Seconds left; negative once they are over. */
export type Countdown = () => number;

/**
 * Counts down from now.
 *
 * The monotonic clock stands still during sleep on some systems, and the wall clock jumps. The larger of the two
 * finds a token expired after a night of sleep; its cost is one refresh too many if the user sets the clock ahead.
 */
export function countdown(seconds: number): Countdown {
  const wallStart = Date.now();
  const monotonicStart = performance.now();
  return () => seconds - Math.max(Date.now() - wallStart, performance.now() - monotonicStart) / 1000;
}
