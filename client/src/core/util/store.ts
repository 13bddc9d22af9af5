/** How does a view follow a value that changes? An immutable snapshot, and listeners that are called after a change. */

import { callApp } from './call-app.js';

export interface Store<State> {
  get(): State;
  /** Calls the listeners if any field differs from before. */
  set(change: Partial<State>): void;
  /** Returns a function that unsubscribes; its result is false if it was called before. */
  subscribe(listener: () => void): () => boolean;
  readonly listeners: Set<() => void>;
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    listeners,
    get: () => state,
    set(change) {
      if ((Object.keys(change) as (keyof State)[]).every((name) => Object.is(change[name], state[name]))) return;
      state = Object.freeze({ ...state, ...change });
      for (const listener of [...listeners]) void callApp(listener);
    },
    subscribe(listener) {
      // A function of its own, so that the same listener may subscribe twice.
      const own = (): void => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}
