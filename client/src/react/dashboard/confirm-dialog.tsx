/** A modal dialog that confirms a sign-out of several sessions. */

import { type ReactElement, useId, useLayoutEffect, useRef } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import { ReasonField, submitReason } from './reason-field.js';

interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  /** An administrator has to give a reason. */
  readonly requiresReason: boolean;
  readonly onConfirm: (reason: string) => void;
  readonly onCancel: () => void;
}

/** Open while it is rendered. The focus starts on "Cancel" or on the reason, because neither of them signs out. */
export function ConfirmDialog({ title, text, confirm, requiresReason, onConfirm, onCancel }: ConfirmDialogProps): ReactElement {
  const { labels } = useI18n();
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
      <h3 id={`${id}title`}>{title}</h3>
      <div id={`${id}text`}>
        <p>{text}</p>
        <p>{labels.openPages}</p>
      </div>
      <form onSubmit={submitReason(onConfirm)}>
        {requiresReason && (
          <p>
            <ReasonField field={reason} />
          </p>
        )}
        <button type="submit" className="latchkey-danger">
          {confirm}
        </button>{' '}
        <button type="button" ref={cancel} onClick={onCancel}>
          {labels.cancel}
        </button>
      </form>
    </dialog>
  );
}
