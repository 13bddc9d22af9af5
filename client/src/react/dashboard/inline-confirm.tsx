/** A button that asks before it acts, where it stands. */

import { type KeyboardEvent, type ReactElement, useId, useLayoutEffect, useRef, useState } from 'react';

import { ReasonField, confirmed } from './reason-field.js';
import { useWords } from '../i18n/i18n-context.js';

interface AskInPlaceProps {
  /** What the button says, and what it is called among many that say the same. */
  readonly text: string;
  readonly name: string;
  readonly question: string;
  /** An administrator says why. */
  readonly asksWhy?: boolean;
  readonly onYes: (reason: string) => void;
}

/** `[Sign out]`, then `Sign out iPhone? [Sign out] [Keep]`. */
export function AskInPlace({ text, name, ...question }: AskInPlaceProps): ReactElement {
  const [isAsking, setIsAsking] = useState(false);
  if (!isAsking) {
    return (
      <button type="button" aria-label={name} onClick={() => setIsAsking(true)}>
        {text}
      </button>
    );
  }
  return <Question {...question} onNo={() => setIsAsking(false)} />;
}

interface QuestionProps extends Omit<AskInPlaceProps, 'text' | 'name'> {
  readonly onNo: () => void;
}

function Question({ question, asksWhy = false, onYes, onNo }: QuestionProps): ReactElement {
  const { labels } = useWords();
  const id = useId();
  const keep = useRef<HTMLButtonElement>(null);
  const why = useRef<HTMLInputElement>(null);
  // Not on what acts: a key that is held down or pressed twice must not answer. An empty reason is no answer.
  useLayoutEffect(() => (why.current ?? keep.current)?.focus(), []);
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onNo();
  };
  return (
    <div className="latchkey-ask" role="group" aria-labelledby={id} onKeyDown={leave}>
      <form onSubmit={confirmed(onYes)}>
        <span id={id}>{question}</span> {asksWhy && <ReasonField field={why} />}{' '}
        <button type="submit" className="latchkey-danger">
          {labels.signOut}
        </button>{' '}
        <button type="button" ref={keep} onClick={onNo}>
          {labels.keep}
        </button>
      </form>
    </div>
  );
}
