/** A modal dialog with a form: what happens, the fields, and two buttons. */

import { type FormEvent, type ReactElement, type ReactNode, useId, useLayoutEffect, useRef } from 'react';

import { dialogFocus } from '../../hooks/dialog-focus.js';
import { useConsole } from '../console-context.js';
import { ActionMessage } from './action-message.js';
import { BusyButton } from './busy-button.js';
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
  /** The action changes nothing, so that the dialog may be closed while it runs. */
  readonly canStop?: boolean;
  /** The progress so far, while the action runs. */
  readonly progress?: string | null;
  /** What the action could not do, although it has not failed as a whole. */
  readonly failure?: ReactNode;
  readonly onConfirm: (form: FormData) => void;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/**
 * Open while it is rendered. While an action runs that changes something, the dialog cannot be closed, because its result would be
 * lost. The rest of the page is inert, so that the results and errors are announced in the dialog.
 */
export function ConsoleDialog(props: ConsoleDialogProps): ReactElement {
  const { title, text, confirm, isDanger = true, close, action, canStop = false, progress = null, failure, onConfirm, onClose, children } = props;
  const { t } = useConsole().i18n;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const isLocked = action.isBusy && !canStop;
  useLayoutEffect(() => {
    const element = dialog.current;
    show(element);
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
      onCancel={(event) => {
        // After Escape the parent stops rendering the dialog, so the browser must not close it by itself.
        event.preventDefault();
        if (!isLocked) onClose();
      }}
      onClose={({ currentTarget }) => {
        // Chromium closes the dialog at the second Escape without asking.
        if (currentTarget.open) return;
        if (isLocked) show(currentTarget);
        else onClose();
      }}
    >
      <h3 id={`${id}title`}>{title}</h3>
      <div id={`${id}text`}>{text}</div>
      <form onSubmit={submit}>
        {children}
        <p role="status" className="latchkey-muted">
          {progress}
        </p>
        <ActionMessage action={action}>{failure}</ActionMessage>
        <p className="latchkey-buttons">
          {confirm !== null && (
            <BusyButton type="submit" className={isDanger ? 'latchkey-danger' : undefined} isBusy={action.isBusy}>
              {confirm}
            </BusyButton>
          )}{' '}
          <BusyButton isBusy={isLocked} onClick={onClose}>
            {close ?? t('cancel')}
          </BusyButton>
        </p>
      </form>
    </dialog>
  );
}

function show(dialog: HTMLDialogElement | null): void {
  if (dialog === null || dialog.open) return;
  dialog.showModal();
  dialogFocus(dialog)?.focus();
}
