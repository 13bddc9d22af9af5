/** Loads code when it is first needed, and again after a failure. */

import { useEffect, useRef, useSyncExternalStore } from 'react';

import { createStore } from '../../core/util/store.js';

/** Milliseconds after which loading counts as failed. A module that arrives later is used all the same. */
const TIMEOUT = 10_000;

export interface LazyModuleState<T> {
  readonly module: T | null;
  /** The last attempt failed; `false` again during the next attempt. */
  readonly hasFailed: boolean;
}

export interface LazyModule<T extends object> {
  get(): LazyModuleState<T>;
  subscribe(listener: () => void): () => void;
  /** Loads the module once, however often it is called. Never rejects; after a failure the next call tries again. */
  load(): Promise<void>;
}

export function lazyModule<T extends object>(importModule: () => Promise<T | undefined>): LazyModule<T> {
  const store = createStore<LazyModuleState<T>>({ module: null, hasFailed: false });
  let running: Promise<void> | null = null;
  let attempts = 0;
  const run = async (): Promise<void> => {
    const attempt = ++attempts;
    const fail = (): void => {
      // A later attempt has started, or the module has arrived: this failure no longer matters.
      if (attempt !== attempts || store.get().module !== null) return;
      running = null;
      store.set({ hasFailed: true });
    };
    store.set({ hasFailed: false });
    const timer = setTimeout(fail, TIMEOUT);
    const module = await importModule().catch((error: unknown) => console.error(error));
    clearTimeout(timer);
    // A bundler that handles the failure itself, for example with an event, may resolve with nothing.
    if (module) store.set({ module, hasFailed: false });
    else fail();
  };
  return {
    get: store.get,
    subscribe(listener) {
      store.listeners.add(listener);
      return () => void store.listeners.delete(listener);
    },
    load: () => (running ??= run()),
  };
}

/** Loads the module as soon as it `isNeeded`, and after a failure again whenever `isReachable` becomes true. */
export function useLazyModule<T extends object>(
  { get, subscribe, load }: LazyModule<T>,
  isNeeded: boolean,
  isReachable: boolean,
): LazyModuleState<T> {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isNeeded || !(isFirst.current || isReachable)) return;
    isFirst.current = false;
    void load();
  }, [load, isNeeded, isReachable]);
  return useSyncExternalStore(subscribe, get, get);
}
