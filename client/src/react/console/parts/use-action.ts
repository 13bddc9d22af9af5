/** Runs an action, and keeps why it failed. */

import { useState } from 'react';

import { useConsole } from '../console-context.js';
import { type ActionError, describeActionError } from './action-error.js';

export interface Action {
  /** The buttons of the action are disabled, so that a second click does not repeat it. */
  readonly isBusy: boolean;
  readonly error: ActionError | null;
  /** Starts the action. Its failure becomes `error`, and is announced. */
  readonly run: (action: () => Promise<void>) => void;
  readonly clearError: () => void;
}

export function useAction(): Action {
  const { i18n, announce } = useConsole();
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ActionError | null>(null);
  const run = (action: () => Promise<void>): void => {
    setIsBusy(true);
    setError(null);
    action()
      .catch((failure: unknown) => {
        const described = describeActionError(failure, i18n);
        setError(described);
        announce(described.text);
      })
      .finally(() => setIsBusy(false));
  };
  return { isBusy, error, run, clearError: () => setError(null) };
}
