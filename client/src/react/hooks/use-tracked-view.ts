/** A component is rendered again only for the fields that it reads. */

import { useRef, useSyncExternalStore } from 'react';

import { type SessionStore, UNKNOWN_VIEW } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';

type Field = keyof SessionView;

/** A view whose getters note what is read, and the notes. */
export interface Tracked {
  readonly view: SessionView;
  readonly read: ReadonlySet<Field>;
}

/** Reads a store, or the unknown view when there is none. */
export function useTrackedView(store: SessionStore | null): Tracked {
  const kept = useRef<{ readonly store: SessionStore | null; readonly tracker: Tracker } | null>(null);
  if (kept.current?.store !== store) kept.current = { store, tracker: tracker(store) };
  const { subscribe, snapshot, serverSnapshot, read } = kept.current.tracker;
  return { view: useSyncExternalStore(subscribe, snapshot, serverSnapshot), read };
}

type Tracker = ReturnType<typeof tracker>;

/** What one component has read of one store. */
function tracker(store: SessionStore | null) {
  const read = new Set<Field>();
  const current = (): SessionView => store?.getView() ?? UNKNOWN_VIEW;
  let shown = current();
  const noting = (source: () => SessionView): SessionView => {
    const view = {};
    for (const field of Object.keys(UNKNOWN_VIEW) as Field[]) {
      const get = (): unknown => {
        // What was not read before may have changed unnoticed: from here on it counts.
        if (!read.has(field)) shown = { ...shown, [field]: source()[field] };
        read.add(field);
        return source()[field];
      };
      Object.defineProperty(view, field, { get, enumerable: true });
    }
    return view as SessionView;
  };
  let proxy = noting(current);
  const unknown = noting(() => UNKNOWN_VIEW);
  return {
    read,
    subscribe: (listener: () => void): (() => void) => store?.subscribe(listener) ?? (() => {}),
    /** The same object until a field that was read has changed. */
    snapshot: (): SessionView => {
      const now = current();
      if ([...read].some((field) => !Object.is(now[field], shown[field]))) {
        shown = now;
        // A new object each time, so that it can be handed on to a memoised child.
        proxy = noting(current);
      }
      return proxy;
    },
    serverSnapshot: (): SessionView => unknown,
  };
}
