/** Loads a value while a component is mounted, and renders again when it changes. */

import { useMemo, useSyncExternalStore } from 'react';

import { type Resource, type ResourceState, createResource } from '../state/resource.js';

/** `key` names what is loaded: another key is another value. */
export function useResource<T>(key: string, load: () => Promise<T>, everySeconds: number | null): Resource<T> & { readonly state: ResourceState<T> } {
  // The first `load` with this key: it may use only what the key names.
  const resource = useMemo(() => createResource(load, everySeconds), [key]);
  return { ...resource, state: useResourceState(resource) };
}

export function useResourceState<T>({ subscribe, getState }: Resource<T>): ResourceState<T> {
  return useSyncExternalStore(subscribe, getState, getState);
}
