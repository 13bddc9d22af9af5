/** The field for the reason that an administrator has to give, which the server keeps with the end of the session. */

import type { FormEvent, ReactElement, RefObject } from 'react';

import { useI18n } from '../i18n/i18n-context.js';

/** The API's limit, in characters. */
const MAX_LENGTH = 200;

/** A required field: the form is not submitted while the field is blank. */
export function ReasonField({ field }: { readonly field: RefObject<HTMLInputElement | null> }): ReactElement {
  const { t } = useI18n();
  return (
    <label>
      {t('reason')}{' '}
      <input ref={field} name="reason" required pattern=".*\S.*" maxLength={MAX_LENGTH} autoComplete="off" />
    </label>
  );
}

/** A submit handler that passes on the reason, or an empty text if the form has no such field. */
export function submitReason(onSubmit: (reason: string) => void): (event: FormEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    // The app may have put the dashboard into a form of its own, which must not be submitted.
    event.stopPropagation();
    onSubmit(String(new FormData(event.currentTarget).get('reason') ?? '').trim());
  };
}
