/** Sign-ins by day: a drawing for the eye, a table for everybody else. */

import { type ReactElement, useId } from 'react';

import type { Analytics } from '../../core/types.js';
import { bars, total } from './chart-bars.js';
import { day } from '../i18n/format-relative-time.js';
import { useWords } from '../i18n/i18n-context.js';

const SIZE = { width: 300, height: 40 };

/** The chart; nothing without days. */
export function SignInChart({ days }: { days: Analytics['sign_ins_by_day'] }): ReactElement | null {
  const { labels, locale } = useWords();
  const id = useId();
  if (days.length === 0) return null;
  // A date without a time is midnight UTC, which is the day before for half of the world.
  const named = (date: string): string => day(`${date}T12:00:00`, Date.now(), locale);
  return (
    <figure className="latchkey-chart">
      <figcaption>{labels.chartTitle(days.length)}</figcaption>
      <svg role="img" aria-labelledby={id} viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} {...SIZE}>
        <title id={id}>{labels.chartSummary(total(days), days.length)}</title>
        {bars(days, SIZE).map(({ day: date, count: _, ...place }) => (
          <rect key={date} {...place} fill="currentColor" />
        ))}
      </svg>
      <div className="latchkey-unseen">
        <table>
          <caption>{labels.chartTitle(days.length)}</caption>
          <thead>
            <tr>
              <th scope="col">{labels.chartDay}</th>
              <th scope="col">{labels.chartCount}</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day: date, count }) => (
              <tr key={date}>
                <th scope="row">{named(date)}</th>
                <td>{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
