/** A modal dialog with a form: what happens, the fields, and two buttons. */

import { type FormEvent, type ReactElement, type ReactNode, useId, useLayoutEffect, useRef } from 'react';

import { useConsole } from '../console-context.js';
import { ActionMessage } from './action-message.js';
import type { Action } from './use-action.js';

interface ConsoleDialogProps {
  readonly title: string;
  readonly text: ReactNode;
  /** The text of the button that acts; `null` if there is nothing to do. */
  readonly confirm: string | null;
  readonly isDanger?: boolean;
  /** The text of the other button. Default: "Cancel". */
  readonly close?: string;
  readonly action: Action;
  /** The progress so far, while the action runs. */
  readonly progress?: string | null;
  readonly onConfirm: (form: FormData) => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/**
 * Open while it is rendered. The focus starts on the first field, or else on the button that closes, because neither acts. While
 * an action runs, the dialog cannot be closed, because its result would be lost.
 */
export function ConsoleDialog(props: ConsoleDialogProps): ReactElement {
  const { title, text, confirm, isDanger = true, close, action, progress = null, onConfirm, onClose, children } = props;
  const { t } = useConsole().i18n;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element?.open === false) element.showModal();
    const field = element?.querySelector<HTMLElement>('input, select, textarea');
    (field ?? cancel.current)?.focus();
    return () => element?.close();
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    // The app may have put the console into a form of its own, which must not be submitted.
    event.stopPropagation();
    onConfirm(new FormData(event.currentTarget));
  };
  return (
    <dialog
      ref={dialog}
      className="latchkey-dialog"
      aria-labelledby={`${id}title`}
      aria-describedby={`${id}text`}
      aria-busy={action.isBusy}
      onCancel={(event) => {
        // After Escape the parent stops rendering the dialog, so the browser must not close it by itself.
        event.preventDefault();
        if (!action.isBusy) onClose();
      }}
    >
      <h3 id={`${id}title`}>{title}</h3>
      <div id={`${id}text`}>{text}</div>
      <form onSubmit={submit}>
        {children}
        {progress !== null && <p className="latchkey-muted">{progress}</p>}
        <ActionMessage action={action} />
        <p className="latchkey-buttons">
          {confirm !== null && (
            <button type="submit" className={isDanger ? 'latchkey-danger' : undefined} disabled={action.isBusy}>
              {confirm}
            </button>
          )}{' '}
          <button ref={cancel} type="button" disabled={action.isBusy} onClick={onClose}>
            {close ?? t('cancel')}
          </button>
        </p>
      </form>
    </dialog>
  );
}
