/** A native dialog before many sessions end at once. */

import { type ReactElement, useId, useLayoutEffect, useRef } from 'react';

import { useWords } from './words.js';

interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Open for as long as it is rendered; the focus begins on what changes nothing. */
export function ConfirmDialog({ title, text, confirm, onConfirm, onCancel }: ConfirmDialogProps): ReactElement {
  const { labels } = useWords();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (shown?.open === false) shown.showModal();
    cancel.current?.focus();
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
      <button type="button" className="latchkey-danger" onClick={onConfirm}>
        {confirm}
      </button>{' '}
      <button type="button" ref={cancel} onClick={onCancel}>
        {labels.cancel}
      </button>
    </dialog>
  );
}
