/** Is the code there? It is loaded when it is first needed, and again when somebody asks after a failure. */

import { createStore } from '../core/state.js';

/** Where the loading of a part stands. */
export interface Loading<T> {
  readonly part: T | null;
  readonly hasFailed: boolean;
}

/** Code that is not in the app's own bundle. */
export interface OnDemand<T extends object> {
  get(): Loading<T>;
  subscribe(listener: () => void): () => void;
  /** Loads it, once however often it is called. A failure is in `get()`, and the next call tries again. */
  load(): Promise<void>;
}

export function onDemand<T extends object>(fetchPart: () => Promise<T>): OnDemand<T> {
  const store = createStore<Loading<T>>({ part: null, hasFailed: false });
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    try {
      store.set({ part: await fetchPart(), hasFailed: false });
    } catch {
      running = null;
      store.set({ hasFailed: true });
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
