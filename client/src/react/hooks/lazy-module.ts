/** Is the code there? It is loaded when it is first needed, and again after a failure. */

import { useEffect, useRef, useSyncExternalStore } from 'react';

import { createStore } from '../../core/util/store.js';

/** Milliseconds after which one that has not come is said to be missing; it is taken all the same once it comes. */
const PATIENCE = 10_000;

/** Where the loading of a part stands. */
export interface Loading<T> {
  readonly part: T | null;
  /** It was asked for and did not come; false again while it is asked for anew. */
  readonly isMissing: boolean;
}

/** Code that is not in the app's own bundle. */
export interface OnDemand<T extends object> {
  get(): Loading<T>;
  subscribe(listener: () => void): () => void;
  /** Loads it, once however often it is called; never rejects. What is missing is asked for again by the next call. */
  load(): Promise<void>;
}

export function onDemand<T extends object>(fetchPart: () => Promise<T | undefined>): OnDemand<T> {
  const store = createStore<Loading<T>>({ part: null, isMissing: false });
  let running: Promise<void> | null = null;
  let attempts = 0;
  const run = async (): Promise<void> => {
    const attempt = ++attempts;
    const giveUp = (): void => {
      // One that was given up, or that another one overtook, has nothing more to say.
      if (attempt !== attempts || store.get().part !== null) return;
      running = null;
      store.set({ isMissing: true });
    };
    store.set({ isMissing: false });
    const timer = setTimeout(giveUp, PATIENCE);
    const part = await fetchPart().catch((error: unknown) => console.error(error));
    clearTimeout(timer);
    // A bundler that has told the app of the failure itself may answer with nothing.
    if (part) store.set({ part, isMissing: false });
    else giveUp();
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

/**
 * Where a part stands that this component needs: it is asked for as soon as `isWanted`, and if it is missing again
 * whenever `isReachable` comes true.
 */
export function useOnDemand<T extends object>(
  { get, subscribe, load }: OnDemand<T>,
  isWanted: boolean,
  isReachable: boolean,
): Loading<T> {
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isWanted || !(isFirst.current || isReachable)) return;
    isFirst.current = false;
    void load();
  }, [load, isWanted, isReachable]);
  return useSyncExternalStore(subscribe, get, get);
}
