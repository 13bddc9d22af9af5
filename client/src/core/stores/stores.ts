/** How does a framework without a binding of its own follow the client? Through stores with the contract of Svelte. */

import { sessionsOf } from '../sessions/sessions-of.js';
import type { Latchkey, LatchkeyState } from '../types.js';

/** A store with the contract of Svelte: `run` is called at once with the value, and again after each change. */
export interface ReadableStore<Value> {
  /** Returns a function that unsubscribes. */
  subscribe(run: (value: Value) => void): () => void;
}

/**
 * The state of a client as a store.
 *
 * ```ts
 * const state = stateStore(latchkey);
 * const unsubscribe = state.subscribe(({ status }) => console.log(status));
 * ```
 */
export function stateStore(client: Latchkey): ReadableStore<LatchkeyState> {
  return {
    subscribe(run) {
      const unsubscribe = client.subscribe(() => run(client.getState()));
      run(client.getState());
      return unsubscribe;
    },
  };
}

/** The same, and the list of sessions is polled as long as the store has subscribers. */
export function sessionsStore(client: Latchkey): ReadableStore<LatchkeyState> {
  const state = stateStore(client);
  return {
    subscribe(run) {
      const unsubscribe = state.subscribe(run);
      const stop = sessionsOf(client).watch();
      return () => {
        stop();
        unsubscribe();
      };
    },
  };
}
