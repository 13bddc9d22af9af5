/** Reads the session store so that a component renders again only for the fields that it reads. */

import { useRef, useSyncExternalStore } from 'react';

import { type SessionStore, UNKNOWN_VIEW } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';

type Field = keyof SessionView;

export interface TrackedView {
  /** Its getters record which fields are read. */
  readonly view: SessionView;
  readonly read: ReadonlySet<Field>;
}

/** The view of a store, or the unknown view if there is none. */
export function useTrackedView(store: SessionStore | null): TrackedView {
  const kept = useRef<{ readonly store: SessionStore | null; readonly tracker: Tracker } | null>(null);
  if (kept.current?.store !== store) kept.current = { store, tracker: createTracker(store) };
  const { subscribe, snapshot, serverSnapshot, read } = kept.current.tracker;
  return { view: useSyncExternalStore(subscribe, snapshot, serverSnapshot), read };
}

type Tracker = ReturnType<typeof createTracker>;

/** Tracks what one component reads of one store. */
function createTracker(store: SessionStore | null) {
  const read = new Set<Field>();
  const current = (): SessionView => store?.getView() ?? UNKNOWN_VIEW;
  let rendered = current();
  const withTracking = (source: () => SessionView): SessionView => {
    const view = {};
    for (const field of Object.keys(UNKNOWN_VIEW) as Field[]) {
      const get = (): unknown => {
        // The field may have changed without a render before it was first read.
        if (!read.has(field)) rendered = { ...rendered, [field]: source()[field] };
        read.add(field);
        return source()[field];
      };
      Object.defineProperty(view, field, { get, enumerable: true });
    }
    return view as SessionView;
  };
  let tracked = withTracking(current);
  const unknown = withTracking(() => UNKNOWN_VIEW);
  return {
    read,
    subscribe: (listener: () => void): (() => void) => store?.subscribe(listener) ?? (() => {}),
    /** The same object until a field changes that was read. */
    snapshot: (): SessionView => {
      const now = current();
      if ([...read].some((field) => !Object.is(now[field], rendered[field]))) {
        rendered = now;
        // A new object, so that a memoised child that receives it renders again.
        tracked = withTracking(current);
      }
      return tracked;
    },
    serverSnapshot: (): SessionView => unknown,
  };
}
