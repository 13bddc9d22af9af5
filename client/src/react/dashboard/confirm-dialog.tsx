/** A modal dialog that confirms a sign-out of several sessions. */

import { type ReactElement, useId, useLayoutEffect, useRef } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import type { I18n } from '../i18n/i18n.js';
import { ReasonField, submitReason } from './reason-field.js';

/** The sessions that a dialog asks about. */
export type SignOutScope = 'others' | 'everywhere';

/** Opens the dialog. The opener gets the focus back. */
export type OnConfirm = (scope: SignOutScope, opener: HTMLElement) => void;

interface ConfirmDialogProps {
  readonly scope: SignOutScope;
  /** The number of sessions; `null` if the list could not be read. */
  readonly count: number | null;
  /** Another user, whose sessions an administrator ends with a reason. */
  readonly user: string | null;
  readonly onConfirm: (reason: string) => void;
  readonly onCancel: () => void;
}

/** Open while it is rendered. The focus starts on "Cancel" or on the reason, because neither of them signs out. */
export function ConfirmDialog({ scope, count, user, onConfirm, onCancel }: ConfirmDialogProps): ReactElement {
  const i18n = useI18n();
  const { t } = i18n;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const reason = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element?.open === false) element.showModal();
    (reason.current ?? cancel.current)?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="latchkey-dialog"
      aria-labelledby={`${id}title`}
      aria-describedby={`${id}text`}
      onCancel={(event) => {
        // After Escape the parent stops rendering the dialog, so the browser must not close it by itself.
        event.preventDefault();
        onCancel();
      }}
    >
      <h3 id={`${id}title`}>{t(scope === 'others' ? 'confirmOthersTitle' : 'confirmEverywhereTitle')}</h3>
      <div id={`${id}text`}>
        <p>{consequence(scope, count, user, i18n)}</p>
        <p>{t('openPages')}</p>
      </div>
      <form onSubmit={submitReason(onConfirm)}>
        {user !== null && (
          <p>
            <ReasonField field={reason} />
          </p>
        )}
        <p className="latchkey-buttons">
          <button type="submit" className="latchkey-danger">
            {t(scope === 'others' ? 'signOut' : 'signOutEverywhere')}
          </button>{' '}
          <button type="button" ref={cancel} onClick={onCancel}>
            {t('cancel')}
          </button>
        </p>
      </form>
    </dialog>
  );
}

function consequence(scope: SignOutScope, count: number | null, user: string | null, { t }: I18n): string {
  if (scope === 'others') return t('confirmOthers', { count: count && count - 1 });
  return user === null ? t('confirmEverywhere', { count }) : t('confirmEverywhereOf', { user, count });
}
