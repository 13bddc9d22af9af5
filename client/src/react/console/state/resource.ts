/** Loads a value, keeps the last one if a later load fails, and tries again by itself. */

import type { LatchkeyErrorLike } from '../../../core/types.js';
import { isPageVisible, listenToPage } from '../../../core/util/page.js';
import { createStore } from '../../../core/util/store.js';
import { refCounted } from '../../store/ref-counted.js';

export interface ResourceState<T> {
  /** `null` before the first answer. */
  readonly data: T | null;
  /** The error of the last load; `null` after a success. */
  readonly error: LatchkeyErrorLike | null;
  readonly isLoading: boolean;
  /** When it loads again after an error, in milliseconds by this device's clock; `null` if trying again makes no sense. */
  readonly retryAt: number | null;
  /** When the data was loaded, in milliseconds by this device's clock. */
  readonly loadedAt: number | null;
}

export interface Resource<T> {
  getState(): ResourceState<T>;
  /** The first subscriber starts the loading, the last one to leave stops it. */
  subscribe(listener: () => void): () => void;
  reload(): Promise<void>;
  /** Changes the data without a request. */
  update(change: (data: T | null) => T): void;
}

/** Seconds after the first failure, which double with each further one, and their limit. */
const FIRST_RETRY = 5;
const LAST_RETRY = 60;

/** `everySeconds`: how often the value is loaded again on a visible page; `null` is never. */
export function createResource<T>(load: () => Promise<T>, everySeconds: number | null): Resource<T> {
  const store = createStore<ResourceState<T>>({ data: null, error: null, isLoading: false, retryAt: null, loadedAt: null });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;
  let failures = 0;
  let isWatched = false;
  let isDue = true;

  const schedule = (seconds: number | null): void => {
    clearTimeout(timer);
    if (seconds !== null && isWatched) timer = setTimeout(loadWhenVisible, seconds * 1_000);
  };
  const loadWhenVisible = (): void => {
    isDue = true;
    if (isPageVisible()) void run();
  };
  const run = async (): Promise<void> => {
    const number = ++latest;
    isDue = false;
    clearTimeout(timer);
    store.set({ isLoading: true });
    try {
      const data = await load();
      if (number !== latest) return;
      failures = 0;
      store.set({ data, error: null, isLoading: false, retryAt: null, loadedAt: Date.now() });
      schedule(everySeconds);
    } catch (error) {
      if (number !== latest) return;
      const seconds = secondsUntilRetry(error as LatchkeyErrorLike, failures++);
      const retryAt = seconds === null ? null : Date.now() + seconds * 1_000;
      store.set({ error: error as LatchkeyErrorLike, isLoading: false, retryAt });
      schedule(seconds);
    }
  };
  const watch = refCounted(() => {
    isWatched = true;
    const { retryAt } = store.get();
    if (isDue) void run();
    else schedule(retryAt === null ? everySeconds : Math.max(0, (retryAt - Date.now()) / 1_000));
    const stopListening = listenToPage({
      visibilitychange: () => void (isDue && isPageVisible() && run()),
      online: () => void (store.get().retryAt !== null && run()),
    });
    return () => {
      isWatched = false;
      clearTimeout(timer);
      stopListening();
    };
  });

  return {
    getState: store.get,
    subscribe(listener) {
      const unsubscribe = store.subscribe(listener);
      const stop = watch();
      return () => {
        stop();
        unsubscribe();
      };
    },
    reload: run,
    update: (change) => store.set({ data: change(store.get().data) }),
  };
}

/** `null` if the same request would fail again: the caller lacks a right, or the request is wrong. */
export function secondsUntilRetry({ status, retryAfter }: LatchkeyErrorLike, failures: number): number | null {
  if (retryAfter !== null) return Math.max(1, retryAfter);
  const isFinal = status !== null && status >= 400 && status < 500 && status !== 429;
  return isFinal ? null : Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failures);
}
