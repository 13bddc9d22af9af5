/** The number of sessions and their typical length, next to the chart. */

import type { ReactElement } from 'react';

import { formatDuration } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';

interface SessionStatsProps {
  readonly count: number;
  readonly limit: number | null;
  readonly medianSeconds: number | null;
}

export function SessionStats({ count, limit, medianSeconds }: SessionStatsProps): ReactElement {
  const { labels, locale } = useI18n();
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
          <dt>{labels.typicalLength}</dt> <dd>{formatDuration(medianSeconds, locale)}</dd>
        </div>
      )}
    </dl>
  );
}
