/** Is the code there? It is loaded when it is first needed, and again after a failure. */

import { useEffect, useRef, useSyncExternalStore } from 'react';

import { createStore } from '../core/state.js';

/** Where the loading of a part stands. */
export interface Loading<T> {
  readonly part: T | null;
  /** How often it did not come. */
  readonly failures: number;
}

/** Code that is not in the app's own bundle. */
export interface OnDemand<T extends object> {
  get(): Loading<T>;
  subscribe(listener: () => void): () => void;
  /** Loads it, once however often it is called; never rejects. A failure is in `get()`, and the next call tries again. */
  load(): Promise<void>;
}

export function onDemand<T extends object>(fetchPart: () => Promise<T | undefined>): OnDemand<T> {
  const store = createStore<Loading<T>>({ part: null, failures: 0 });
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    const part = await fetchPart().catch((error: unknown) => console.error(error));
    // A bundler that has told the app of the failure itself may answer with nothing.
    if (part) store.set({ part });
    else {
      running = null;
      store.set({ failures: store.get().failures + 1 });
    }
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

/** Where a part stands that this component needs: it is asked for at once, and again whenever `isReachable` comes true. */
export function useOnDemand<T extends object>({ get, subscribe, load }: OnDemand<T>, isReachable: boolean): Loading<T> {
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current || isReachable) void load();
    isFirst.current = false;
  }, [load, isReachable]);
  return useSyncExternalStore(subscribe, get, get);
}
