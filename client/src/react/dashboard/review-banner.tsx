/** How many sessions have an open question, and a button that leads to the first one. */

import type { MouseEvent, ReactElement } from 'react';

import { useI18n } from '../i18n/i18n-context.js';
import { AlertIcon } from './icons.js';

/** One line, so that the list stays near the top. A single question needs no line, because its card has it. */
export function ReviewBanner({ count }: { readonly count: number }): ReactElement | null {
  const { t } = useI18n();
  if (count < 2) return null;
  const review = ({ currentTarget }: MouseEvent): void => {
    currentTarget.closest('section')?.querySelector<HTMLElement>('[data-latchkey-question] button')?.focus();
  };
  return (
    <p className="latchkey-review" data-latchkey-item="review">
      <AlertIcon /> <span>{t('review', { count })}</span>{' '}
      <button type="button" onClick={review}>
        {t('reviewNext')}
      </button>
    </p>
  );
}
