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
  readonly keyOf: (advice: Recommendation) => string;
  readonly setAnswered: (advice: readonly Recommendation[], isAnswered: boolean) => void;
}

/** `account` is the user whom the advice is about. */
export function useAnswers(account: string | null): Answers {
  const [{ answered, undoable }, setState] = useState<AnsweredKeys>(() => ({ answered: readDismissals(), undoable: new Set() }));
  const keyOf = useCallback((advice: Recommendation): string => dismissalKey(advice, account), [account]);
  const setAnswered = useCallback(
    (advice: readonly Recommendation[], isAnswered: boolean): void => {
      const keys = advice.map(keyOf);
      setState((before) => ({ answered: withMembers(before.answered, keys, isAnswered), undoable: withMembers(before.undoable, keys, isAnswered) }));
      storeDismissals(withMembers(readDismissals(), keys, isAnswered));
    },
    [keyOf],
  );
  return { answered, undoable, keyOf, setAnswered };
}

function withMembers(keys: ReadonlySet<string>, members: readonly string[], isMember: boolean): ReadonlySet<string> {
  const others = [...keys].filter((key) => !members.includes(key));
  return new Set(isMember ? [...others, ...members] : others);
}
