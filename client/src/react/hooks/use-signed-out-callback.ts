/** Calls the app's `onSignedOut` when the user is signed out. */

import { useEffect, useRef } from 'react';

import type { EndReason } from '../../core/types.js';
import type { SessionView } from '../store/session-view.js';

export type OnSignedOut = (reason: EndReason | null) => void;

/** Calls `onSignedOut` once each time the status becomes `signed-out`. */
export function useSignedOutCallback(
  { status, endedReason }: Pick<SessionView, 'status' | 'endedReason'>,
  onSignedOut: OnSignedOut | undefined,
): void {
  const latest = useRef({ onSignedOut, endedReason });
  latest.current = { onSignedOut, endedReason };
  const wasCalled = useRef(false);
  useEffect(() => {
    const isSignedOut = status === 'signed-out';
    if (isSignedOut && !wasCalled.current) latest.current.onSignedOut?.(latest.current.endedReason);
    wasCalled.current = isSignedOut;
  }, [status]);
}
