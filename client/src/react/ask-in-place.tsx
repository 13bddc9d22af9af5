/** A button that asks before it acts, where it stands. */

import { type KeyboardEvent, type ReactElement, useId, useLayoutEffect, useRef, useState } from 'react';

import { useWords } from './words.js';

interface AskInPlaceProps {
  /** What the button says, and what it is called among many that say the same. */
  readonly text: string;
  readonly name: string;
  readonly question: string;
  readonly onYes: () => void;
}

/** `[Sign out]`, then `Sign out iPhone? [Sign out] [Keep]`. */
export function AskInPlace({ text, name, question, onYes }: AskInPlaceProps): ReactElement {
  const [isAsking, setIsAsking] = useState(false);
  if (!isAsking) {
    return (
      <button type="button" aria-label={name} onClick={() => setIsAsking(true)}>
        {text}
      </button>
    );
  }
  return <Question question={question} onYes={onYes} onNo={() => setIsAsking(false)} />;
}

function Question({ question, onYes, onNo }: { question: string; onYes: () => void; onNo: () => void }): ReactElement {
  const { labels } = useWords();
  const id = useId();
  const keep = useRef<HTMLButtonElement>(null);
  // Not on the one that acts: a key that is held down or pressed twice must not answer.
  useLayoutEffect(() => keep.current?.focus(), []);
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onNo();
  };
  return (
    <div className="latchkey-ask" role="group" aria-labelledby={id} onKeyDown={leave}>
      <span id={id}>{question}</span>{' '}
      <button type="button" className="latchkey-danger" onClick={onYes}>
        {labels.signOut}
      </button>{' '}
      <button type="button" ref={keep} onClick={onNo}>
        {labels.keep}
      </button>
    </div>
  );
}
