/** The app hears that nobody is signed in any more. */

import { useEffect, useRef } from 'react';

import type { EndReason } from '../../core/types.js';
import type { SessionView } from '../store/session-view.js';

/** Calls `onSignedOut` once each time. */
export function useSignedOut(
  { status, endedReason }: Pick<SessionView, 'status' | 'endedReason'>,
  onSignedOut: ((reason: EndReason | null) => void) | undefined,
): void {
  const latest = useRef({ onSignedOut, endedReason });
  latest.current = { onSignedOut, endedReason };
  const told = useRef(false);
  useEffect(() => {
    const isOver = status === 'signed-out';
    if (isOver && !told.current) latest.current.onSignedOut?.(latest.current.endedReason);
    told.current = isOver;
  }, [status]);
}
