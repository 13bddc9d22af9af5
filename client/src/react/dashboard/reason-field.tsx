/** Why does an administrator end it? The reason goes into the record, and is read by people. */

import type { FormEvent, ReactElement, RefObject } from 'react';

import { useWords } from '../i18n/i18n-context.js';

/** Characters that the API takes. */
const LENGTH_MAX = 200;

/** The field, in the form of a confirmation; without a word in it the form does not go. */
export function ReasonField({ field }: { readonly field: RefObject<HTMLInputElement | null> }): ReactElement {
  const { labels } = useWords();
  return (
    <label>
      {labels.reason}{' '}
      <input ref={field} name="reason" required pattern=".*\S.*" maxLength={LENGTH_MAX} autoComplete="off" />
    </label>
  );
}

/** Takes what a confirmation says: the reason, or nothing where none was asked for. */
export function confirmed(take: (reason: string) => void): (event: FormEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    // An app may have put the page into a form of its own.
    event.stopPropagation();
    take(String(new FormData(event.currentTarget).get('reason') ?? '').trim());
  };
}
