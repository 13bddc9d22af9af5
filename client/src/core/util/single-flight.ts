/** Is the operation already running? Then all callers wait for the same result. */

/** An operation that runs at most once at a time. */
export interface SingleFlight<T> {
  run(): Promise<T>;
  /** The result of the run under way. */
  pending(): Promise<T> | undefined;
}

/** Shares one run of `operation` among all callers while it lasts; `onSettled` is called after each run. */
export function singleFlight<T>(operation: () => Promise<T>, onSettled: () => void): SingleFlight<T> {
  let pending: Promise<T> | undefined;
  return {
    run: () =>
      (pending ??= operation().finally(() => {
        pending = undefined;
        onSettled();
      })),
    pending: () => pending,
  };
}
