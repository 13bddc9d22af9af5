/** A button that is replaced by a question before it acts. */

import { type KeyboardEvent, type ReactElement, useId, useLayoutEffect, useRef, useState } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import { ReasonField, submitReason } from './reason-field.js';

interface InlineConfirmProps {
  readonly text: string;
  /** The accessible name. It distinguishes buttons with the same text. */
  readonly name: string;
  /** The id of an element that describes the session further, because two may have the same name. */
  readonly describedBy: string;
  readonly question: string;
  /** An administrator has to give a reason. */
  readonly requiresReason?: boolean;
  readonly onConfirm: (reason: string) => void;
}

/** `[Sign out]`, then `Sign out of iPhone? [Sign out] [Cancel]`. */
export function InlineConfirm({ text, name, describedBy, ...question }: InlineConfirmProps): ReactElement {
  const [isAsking, setIsAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const hasAsked = useRef(false);
  // Back to the button after "Cancel".
  useLayoutEffect(() => {
    if (!isAsking && hasAsked.current) button.current?.focus();
    hasAsked.current = isAsking;
  }, [isAsking]);
  if (isAsking) return <Question {...question} onCancel={() => setIsAsking(false)} />;
  return (
    <button ref={button} type="button" aria-label={name} aria-describedby={describedBy} onClick={() => setIsAsking(true)}>
      {text}
    </button>
  );
}

interface QuestionProps extends Omit<InlineConfirmProps, 'text' | 'name' | 'describedBy'> {
  readonly onCancel: () => void;
}

function Question({ question, requiresReason = false, onConfirm, onCancel }: QuestionProps): ReactElement {
  const { t } = useI18n();
  const id = useId();
  const cancel = useRef<HTMLButtonElement>(null);
  const reason = useRef<HTMLInputElement>(null);
  // Not on the button that signs out: a key that is held down or pressed twice must not confirm.
  useLayoutEffect(() => (reason.current ?? cancel.current)?.focus(), []);
  const cancelOnEscape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onCancel();
  };
  return (
    <div className="latchkey-confirm" role="group" aria-labelledby={id} onKeyDown={cancelOnEscape}>
      <form onSubmit={submitReason(onConfirm)}>
        <span id={id}>{question}</span> {requiresReason && <ReasonField field={reason} />}{' '}
        <button type="submit" className="latchkey-danger">
          {t('signOut')}
        </button>{' '}
        <button type="button" ref={cancel} onClick={onCancel}>
          {t('cancel')}
        </button>
      </form>
    </div>
  );
}
