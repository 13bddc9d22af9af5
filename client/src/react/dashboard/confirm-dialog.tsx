/** A native dialog before many sessions end at once. */

import { type ReactElement, useId, useLayoutEffect, useRef } from 'react';

import { ReasonField, confirmed } from './reason-field.js';
import { useWords } from '../i18n/i18n-context.js';

interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  /** An administrator says why. */
  readonly asksWhy: boolean;
  readonly onConfirm: (reason: string) => void;
  readonly onCancel: () => void;
}

/** Open for as long as it is rendered; the focus begins on what changes nothing. */
export function ConfirmDialog({ title, text, confirm, asksWhy, onConfirm, onCancel }: ConfirmDialogProps): ReactElement {
  const { labels } = useWords();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const why = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (shown?.open === false) shown.showModal();
    (why.current ?? cancel.current)?.focus();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="latchkey-dialog"
      aria-labelledby={`${id}title`}
      aria-describedby={`${id}text`}
      onCancel={(event) => {
        // Escape: the page decides, so that what it shows and what is open stay the same.
        event.preventDefault();
        onCancel();
      }}
    >
      <h3 id={`${id}title`}>{title}</h3>
      <div id={`${id}text`}>
        <p>{text}</p>
        <p>{labels.openPages}</p>
      </div>
      <form onSubmit={confirmed(onConfirm)}>
        {asksWhy && (
          <p>
            <ReasonField field={why} />
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
