/** Why an action has failed, with a way to sign in again if it needs a newer sign-in. */

import { type ReactElement, useState } from 'react';

import { useConsole } from '../console-context.js';
import type { Action } from './use-action.js';

export function ActionMessage({ action }: { readonly action: Action }): ReactElement | null {
  const { i18n, signInAgain, announce } = useConsole();
  const { t } = i18n;
  const [isBusy, setIsBusy] = useState(false);
  const [outcome, setOutcome] = useState<string | null>(null);
  const { error } = action;
  if (error === null) return outcome === null ? null : <p className="latchkey-message">{outcome}</p>;
  const signIn = async (): Promise<void> => {
    setIsBusy(true);
    let text = t('signInAgain.failed');
    try {
      await signInAgain?.();
      action.clearError();
      text = t('signInAgain.done');
    } catch {
      // The app's own function has failed, and the text is shown instead of its error.
    }
    setIsBusy(false);
    setOutcome(text);
    announce(text);
  };
  return (
    <div className="latchkey-notice" data-kind="action">
      <span>{error.text}</span>{' '}
      {error.needsSignIn && signInAgain !== null && (
        <button type="button" disabled={isBusy} onClick={() => void signIn()}>
          {t('signInAgain')}
        </button>
      )}
      {outcome === t('signInAgain.failed') && <span>{outcome}</span>}
    </div>
  );
}
