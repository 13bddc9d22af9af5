/** Is it already under way? Then everybody waits for the same answer. */

/** Work that runs at most once at a time. */
export interface Flight<T, Given extends unknown[] = []> {
  /** What is given counts for who starts it. */
  run(...given: Given): Promise<T>;
  /** What is in the air. */
  current(): Promise<T> | undefined;
}

/** Shares one run of `work` among all who ask while it lasts; `landed` is called after each. */
export function flight<T, Given extends unknown[] = []>(work: (...given: Given) => Promise<T>, landed: () => void): Flight<T, Given> {
  let current: Promise<T> | undefined;
  return {
    run: (...given) =>
      (current ??= work(...given).finally(() => {
        current = undefined;
        landed();
      })),
    current: () => current,
  };
}
