/** A component is rendered again only for the fields that it reads. */

import { useRef, useSyncExternalStore } from 'react';

import { type SessionStore, UNKNOWN_VIEW } from './session-store.js';
import type { SessionView } from './session-view.js';

type Field = keyof SessionView;

/** A view whose getters note what is read, and the notes. */
export interface Tracked {
  readonly view: SessionView;
  readonly read: ReadonlySet<Field>;
}

/** Reads a store, or the unknown view when there is none. */
export function useTrackedView(store: SessionStore | null): Tracked {
  const tracker = useRef<Tracker | null>(null);
  if (tracker.current?.store !== store) tracker.current = new Tracker(store);
  const { subscribe, snapshot, serverSnapshot, read } = tracker.current;
  return { view: useSyncExternalStore(subscribe, snapshot, serverSnapshot), read };
}

/** What one component has read of one store. */
class Tracker {
  readonly read = new Set<Field>();
  private shown: SessionView;
  private proxy: SessionView;

  constructor(readonly store: SessionStore | null) {
    this.shown = store?.getView() ?? UNKNOWN_VIEW;
    this.proxy = this.noting(() => this.current());
  }

  readonly subscribe = (listener: () => void): (() => void) =>
    this.store?.subscribe(listener) ?? (() => {});

  /** The same object until a field that was read has changed. */
  readonly snapshot = (): SessionView => {
    const now = this.current();
    const hasChanged = [...this.read].some((field) => !Object.is(now[field], this.shown[field]));
    this.shown = hasChanged ? now : this.shown;
    // A new object each time, so that it can be handed on to a memoised child.
    if (hasChanged) this.proxy = this.noting(() => this.current());
    return this.proxy;
  };

  private readonly unknown = this.noting(() => UNKNOWN_VIEW);

  readonly serverSnapshot = (): SessionView => this.unknown;

  private current(): SessionView {
    return this.store?.getView() ?? UNKNOWN_VIEW;
  }

  private noting(source: () => SessionView): SessionView {
    const view = {};
    for (const field of Object.keys(UNKNOWN_VIEW) as Field[]) {
      const get = (): unknown => {
        // What was not read before may have changed unnoticed: from here on it counts.
        if (!this.read.has(field)) this.shown = { ...this.shown, [field]: source()[field] };
        this.read.add(field);
        return source()[field];
      };
      Object.defineProperty(view, field, { get, enumerable: true });
    }
    return view as SessionView;
  }
}
