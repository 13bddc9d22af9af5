/** The number of sign-ins on each day: a bar chart with its values and days, and a table for screen readers. */

import type { ReactElement } from 'react';

import type { Analytics } from '../../core/types.js';
import { formatDate } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { useServerNow } from '../i18n/server-clock.js';
import { axisMarks, barHeights, totalCount } from './chart-bars.js';

/** Renders nothing if there are no days. */
export function SignInChart({ days }: { readonly days: Analytics['sign_ins_by_day'] }): ReactElement | null {
  const { t, locale } = useI18n();
  const now = useServerNow();
  if (days.length === 0) return null;
  // Noon, because a date without a time is midnight UTC, which is still the day before in the Americas.
  const dayName = (date: string): string => formatDate(`${date}T12:00:00`, now(), locale);
  const { top, heights } = barHeights(days);
  const marks = axisMarks(days);
  return (
    <figure className="latchkey-chart">
      <figcaption>
        <strong>{t('chartTitle', { days: days.length })}</strong> <span>{t('chartSummary', { count: totalCount(days) })}</span>
      </figcaption>
      <div className="latchkey-plot" aria-hidden="true">
        <span className="latchkey-axis">
          <span>{top}</span>
          <span>0</span>
        </span>
        <span className="latchkey-bars">
          {days.map(({ day, count }, index) => (
            <span key={day} className="latchkey-bar" title={`${dayName(day)}: ${count}`}>
              {count > 0 && <span className="latchkey-value">{count}</span>}
              <span className="latchkey-fill" style={{ height: `${heights[index]}%` }} />
            </span>
          ))}
        </span>
        <span className="latchkey-days">
          {marks.map(({ day }) => (
            <span key={day}>{dayName(day)}</span>
          ))}
        </span>
      </div>
      <div className="latchkey-sr-only">
        <table>
          <caption>{t('chartTitle', { days: days.length })}</caption>
          <thead>
            <tr>
              <th scope="col">{t('chartDay')}</th>
              <th scope="col">{t('chartCount')}</th>
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
