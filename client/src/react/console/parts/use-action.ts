/** Runs an action, and keeps why it failed. */

import { useEffect, useRef, useState } from 'react';

import { useConsole } from '../console-context.js';
import { type ActionError, describeActionError } from './action-error.js';

export interface Action {
  /** It runs. Its buttons do nothing meanwhile. */
  readonly isBusy: boolean;
  /** Shown by `ActionMessage`, which announces it. */
  readonly error: ActionError | null;
  /**
   * Starts the action, unless it runs already, so that a second click does not repeat it. Its failure becomes `error`. The signal is
   * aborted when the component leaves the page, because its result has no place any more.
   */
  readonly run: (action: (signal: AbortSignal) => Promise<void>) => void;
  readonly clearError: () => void;
}

export function useAction(): Action {
  const { i18n } = useConsole();
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ActionError | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run: Action['run'] = (action) => {
    if (running.current !== null) return;
    const controller = new AbortController();
    running.current = controller;
    setIsBusy(true);
    setError(null);
    action(controller.signal)
      .catch((failure: unknown) => {
        if (!controller.signal.aborted) setError(describeActionError(failure, i18n));
      })
      .finally(() => {
        running.current = null;
        setIsBusy(false);
      });
  };
  return { isBusy, error, run, clearError: () => setError(null) };
}
