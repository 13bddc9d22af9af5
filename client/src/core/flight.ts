/** Is it already under way? Then everybody waits for the same answer. */

/** Work that runs at most once at a time. */
export interface Flight<T> {
  run(): Promise<T>;
  /** What is in the air. */
  current(): Promise<T> | undefined;
}

/** Shares one run of `work` among all who ask while it lasts; `landed` is called after each. */
export function flight<T>(work: () => Promise<T>, landed: () => void): Flight<T> {
  let current: Promise<T> | undefined;
  return {
    run: () =>
      (current ??= work().finally(() => {
        current = undefined;
        landed();
      })),
    current: () => current,
  };
}
