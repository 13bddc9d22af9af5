/** How many sessions of how many, and how long they usually last. */

import type { ReactElement } from 'react';

import { lasted } from '../i18n/format-relative-time.js';
import { useWords } from '../i18n/i18n-context.js';

interface SessionNumbersProps {
  readonly count: number;
  readonly limit: number | null;
  readonly medianSeconds: number | null;
}

/** The numbers beside the chart. */
export function SessionNumbers({ count, limit, medianSeconds }: SessionNumbersProps): ReactElement {
  const { labels, locale } = useWords();
  const digits = new Intl.NumberFormat(locale);
  const sessions = digits.format(count);
  return (
    <dl className="latchkey-numbers">
      <div>
        <dt>{labels.sessionCount}</dt>{' '}
        <dd>{limit === null ? sessions : labels.ofLimit(sessions, digits.format(limit))}</dd>
      </div>{' '}
      {medianSeconds !== null && (
        <div>
          <dt>{labels.typicalLength}</dt> <dd>{lasted(medianSeconds, locale)}</dd>
        </div>
      )}
    </dl>
  );
}
