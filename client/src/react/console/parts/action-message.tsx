/** Why an action has failed, with a way to sign in again if it needs a newer sign-in. A screen reader announces it at once. */

import { type ReactElement, type ReactNode, useState } from 'react';

import { useConsole } from '../console-context.js';
import { BusyButton } from './busy-button.js';
import type { Action } from './use-action.js';

interface ActionMessageProps {
  readonly action: Action;
  /** More to announce. */
  readonly children?: ReactNode;
}

export function ActionMessage({ action, children }: ActionMessageProps): ReactElement {
  const { i18n, signInAgain } = useConsole();
  const { t } = i18n;
  const [isBusy, setIsBusy] = useState(false);
  const [outcome, setOutcome] = useState<'done' | 'failed' | null>(null);
  const { error } = action;
  const [explained, setExplained] = useState(error);
  if (error !== explained) {
    setExplained(error);
    // The sign-in was about the error before.
    if (error !== null) setOutcome(null);
  }
  const signIn = async (): Promise<void> => {
    setIsBusy(true);
    setOutcome(null);
    try {
      await signInAgain?.();
      action.clearError();
      setOutcome('done');
    } catch {
      // The app's own function has failed, and the text is shown instead of its error.
      setOutcome('failed');
    }
    setIsBusy(false);
  };
  return (
    <div role="alert">
      {children}
      {error === null && outcome === 'done' && <p className="latchkey-message">{t('signInAgain.done')}</p>}
      {error !== null && (
        <div className="latchkey-notice" data-kind="action">
          <span>{error.text}</span>{' '}
          {error.needsSignIn && signInAgain !== null && (
            <BusyButton isBusy={isBusy} onClick={() => void signIn()}>
              {t('signInAgain')}
            </BusyButton>
          )}
          {outcome === 'failed' && <span>{t('signInAgain.failed')}</span>}
        </div>
      )}
    </div>
  );
}
