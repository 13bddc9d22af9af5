/** The number of sign-ins on each day: a bar chart, and a table for screen readers. */

import { type ReactElement, useId } from 'react';

import type { Analytics } from '../../core/types.js';
import { formatDate } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { useServerNow } from '../i18n/server-clock.js';
import { chartBars, totalCount } from './chart-bars.js';

const SIZE = { width: 300, height: 40 };

/** Renders nothing if there are no days. */
export function SignInChart({ days }: { days: Analytics['sign_ins_by_day'] }): ReactElement | null {
  const { labels, locale } = useI18n();
  const id = useId();
  const now = useServerNow();
  if (days.length === 0) return null;
  // Noon, because a date without a time is midnight UTC, which is still the day before in the Americas.
  const dayName = (date: string): string => formatDate(`${date}T12:00:00`, now(), locale);
  return (
    <figure className="latchkey-chart">
      <figcaption>{labels.chartTitle(days.length)}</figcaption>
      <svg role="img" aria-labelledby={id} viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} {...SIZE}>
        <title id={id}>{labels.chartSummary(totalCount(days), days.length)}</title>
        {chartBars(days, SIZE).map(({ day, count: _, ...position }) => (
          <rect key={day} {...position} fill="currentColor" />
        ))}
      </svg>
      <div className="latchkey-sr-only">
        <table>
          <caption>{labels.chartTitle(days.length)}</caption>
          <thead>
            <tr>
              <th scope="col">{labels.chartDay}</th>
              <th scope="col">{labels.chartCount}</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, count }) => (
              <tr key={day}>
                <th scope="row">{dayName(day)}</th>
                <td>{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
