/** Latchkey for Vue: the state of a client and its sessions, as refs. */

import { onMounted, onUnmounted, type ShallowRef, shallowReadonly, shallowRef } from 'vue';

import { type Latchkey, type LatchkeyState, type ReadableStore, sessionsStore, stateStore } from '../core/index.js';

/**
 * The state of a client, from the time the component is mounted until it is unmounted. On a server it is the state of a client
 * that has sent no request.
 *
 * ```vue
 * <script setup lang="ts">
 * const state = useLatchkey(latchkey)
 * </script>
 *
 * <template><p>{{ state.status }}</p></template>
 * ```
 */
export function useLatchkey(client: Latchkey): Readonly<ShallowRef<LatchkeyState>> {
  return useStore(client, stateStore(client));
}

/** The same, and the list of sessions is polled while the component is mounted. */
export function useSessions(client: Latchkey): Readonly<ShallowRef<LatchkeyState>> {
  return useStore(client, sessionsStore(client));
}

function useStore(client: Latchkey, store: ReadableStore<LatchkeyState>): Readonly<ShallowRef<LatchkeyState>> {
  const value = shallowRef(client.getState());
  let unsubscribe = (): void => {};
  // Not in setup, which also runs on a server, where nothing would unsubscribe.
  onMounted(() => {
    unsubscribe = store.subscribe((state) => {
      value.value = state;
    });
  });
  onUnmounted(() => unsubscribe());
  return shallowReadonly(value);
}
