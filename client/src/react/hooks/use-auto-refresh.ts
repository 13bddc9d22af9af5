/** What a component reads is kept up to date for as long as it is mounted. */

import { useEffect, useRef } from 'react';

import type { SessionStore } from '../store/session-store.js';
import type { SessionView } from '../store/session-view.js';

const OF_THE_LIST: readonly (keyof SessionView)[] = [
  'sessions',
  'currentSession',
  'analytics',
  'recommendations',
  'sessionLimit',
  'isLoading',
];
const OF_THE_TRAIL: readonly (keyof SessionView)[] = ['events', 'hasMoreEvents'];

/** Watches the list and the trail if they were read: a component that shows a token's state polls nothing. */
export function useWatching(store: SessionStore | null, read: ReadonlySet<keyof SessionView>): void {
  useWatch(store?.watchSessions, () => OF_THE_LIST.some((field) => read.has(field)));
  useWatch(store?.watchEvents, () => OF_THE_TRAIL.some((field) => read.has(field)));
}

function useWatch(watch: (() => () => void) | undefined, isWanted: () => boolean): void {
  const stop = useRef<(() => void) | null>(null);
  // After every render: only then is it known what was read.
  useEffect(() => {
    if (stop.current === null && watch !== undefined && isWanted()) stop.current = watch();
  });
  useEffect(
    () => () => {
      stop.current?.();
      stop.current = null;
    },
    [watch],
  );
}
