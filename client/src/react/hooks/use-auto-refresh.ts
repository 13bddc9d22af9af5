/** Keeps the fields that a component reads up to date while it is mounted. */

import { useEffect, useRef } from 'react';

import type { SessionStore } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';

const LIST_FIELDS: readonly (keyof SessionView)[] = [
  'sessions',
  'currentSession',
  'analytics',
  'recommendations',
  'sessionLimit',
  'isLoading',
];
const EVENT_FIELDS: readonly (keyof SessionView)[] = ['events', 'hasMoreEvents'];

/** Watches the list and the events only if the component reads them: one that shows the token alone polls nothing. */
export function useAutoRefresh(store: SessionStore | null, read: ReadonlySet<keyof SessionView>): void {
  useWatch(store?.watchSessions, () => LIST_FIELDS.some((field) => read.has(field)));
  useWatch(store?.watchEvents, () => EVENT_FIELDS.some((field) => read.has(field)));
}

function useWatch(watch: (() => () => void) | undefined, isNeeded: () => boolean): void {
  const stop = useRef<(() => void) | null>(null);
  // Runs after every render, because only then it is known which fields the component has read.
  useEffect(() => {
    if (stop.current === null && watch !== undefined && isNeeded()) stop.current = watch();
  });
  useEffect(
    () => () => {
      stop.current?.();
      stop.current = null;
    },
    [watch],
  );
}
