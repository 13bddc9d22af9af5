/** Calls the app's `onSignedOut` when the user is signed out. */

import { useEffect, useRef } from 'react';

import type { EndReason } from '../../core/types.js';
import { callApp } from '../../core/util/call-app.js';
import type { SessionView } from '../store/session-view.js';

export type OnSignedOut = (reason: EndReason) => void;

/** Calls `onSignedOut` once for each end of a session. A visitor without a session is signed out as well, and has no reason. */
export function useSignedOutCallback(
  { status, endedReason }: Pick<SessionView, 'status' | 'endedReason'>,
  onSignedOut: OnSignedOut | undefined,
): void {
  const latest = useRef({ onSignedOut, endedReason });
  latest.current = { onSignedOut, endedReason };
  const wasCalled = useRef(false);
  useEffect(() => {
    const isSignedOut = status === 'signed-out';
    const { onSignedOut: callback, endedReason: reason } = latest.current;
    if (isSignedOut && !wasCalled.current && reason !== null) void callApp(() => callback?.(reason));
    wasCalled.current = isSignedOut;
  }, [status]);
}
