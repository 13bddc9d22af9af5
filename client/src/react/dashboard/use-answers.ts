/** The user's answers to advice, kept in this browser. */

import { useCallback, useState } from 'react';

import type { Recommendation } from '../../core/types.js';
import { dismissalKey, readDismissals, storeDismissals } from './dismissals.js';

interface AnsweredKeys {
  readonly answered: ReadonlySet<string>;
  /** Those since the page was opened, which can be undone. */
  readonly undoable: ReadonlySet<string>;
}

export interface Answers extends AnsweredKeys {
  readonly setAnswered: (advice: readonly Recommendation[], isAnswered: boolean) => void;
}

export function useAnswers(): Answers {
  const [{ answered, undoable }, setState] = useState<AnsweredKeys>(() => ({ answered: readDismissals(), undoable: new Set() }));
  const setAnswered = useCallback((advice: readonly Recommendation[], isAnswered: boolean): void => {
    setState((before) => {
      const keys = advice.map(dismissalKey);
      return { answered: withMembers(before.answered, keys, isAnswered), undoable: withMembers(before.undoable, keys, isAnswered) };
    });
    storeDismissals(withMembers(readDismissals(), advice.map(dismissalKey), isAnswered));
  }, []);
  return { answered, undoable, setAnswered };
}

function withMembers(keys: ReadonlySet<string>, members: readonly string[], isMember: boolean): ReadonlySet<string> {
  const others = [...keys].filter((key) => !members.includes(key));
  return new Set(isMember ? [...others, ...members] : others);
}
