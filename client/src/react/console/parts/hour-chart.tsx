/** A number by hour: a bar chart with axis, the highest value and hours, and a table for screen readers. */

import type { ReactElement, ReactNode } from 'react';

import { axisMarks } from '../../dashboard/chart-bars.js';
import { formatDateTime, formatter } from '../../i18n/format-time.js';
import { useConsole } from '../console-context.js';
import { axisTop, type Hour } from '../state/hours.js';

interface HourChartProps {
  readonly name: string;
  /** The number that stands for the period; `null` if nothing was counted. */
  readonly figure: number | null;
  /** Explains the number, for example the period. */
  readonly caption: string;
  readonly hours: readonly Hour[];
  /** Marks the number as one that needs attention. */
  readonly isAlarming?: boolean;
  readonly children?: ReactNode;
}

/** More bars than this are too narrow for the name of an hour below each. */
const ONE_DAY = 24;

export function HourChart({ name, figure, caption, hours, isAlarming = false, children }: HourChartProps): ReactElement {
  const { t, locale } = useConsole().i18n;
  const number = (value: number): string => formatter(Intl.NumberFormat, locale, {}).format(value);
  const options = { ...(hours.length > ONE_DAY ? DAY : {}), hour: '2-digit', minute: '2-digit' } as const;
  const nameOf = (at: string): string => formatDateTime(at, locale, options);
  const longName = ({ at, isRunning }: Hour): string => {
    const hour = formatDateTime(at, locale, { ...DAY, hour: '2-digit', minute: '2-digit' });
    return isRunning ? t('overview.running', { hour }) : hour;
  };
  const valueName = (value: number | null): string => (value === null ? t('overview.notCounted') : number(value));
  const top = axisTop(hours);
  const peak = Math.max(0, ...hours.map(({ value }) => value ?? 0));
  const peakIndex = peak === 0 ? -1 : hours.findIndex(({ value }) => value === peak);
  const marks = axisMarks(hours.map(({ at }) => ({ day: at, count: 0 })));
  return (
    <figure className="latchkey-tile" data-alarming={isAlarming && figure !== null && figure > 0}>
      <figcaption>
        <strong className="latchkey-tile-name">{name}</strong>{' '}
        <span className="latchkey-tile-figure">{figure === null ? '–' : number(figure)}</span> <span>{caption}</span>
      </figcaption>
      <div className="latchkey-plot" aria-hidden="true">
        <span className="latchkey-axis">
          <span>{number(top)}</span>
          <span>0</span>
        </span>
        <span className="latchkey-bars" data-many={hours.length > ONE_DAY}>
          {hours.map((hour, index) => (
            <span key={hour.at} className="latchkey-bar" data-running={hour.isRunning} title={`${longName(hour)}: ${valueName(hour.value)}`}>
              {index === peakIndex && <span className="latchkey-value">{number(peak)}</span>}
              {hour.value !== null && <span className="latchkey-fill" data-zero={hour.value === 0} style={{ height: `${(100 * hour.value) / top}%` }} />}
            </span>
          ))}
        </span>
        <span className="latchkey-days">
          {marks.map(({ day }) => (
            <span key={day}>{nameOf(day)}</span>
          ))}
        </span>
      </div>
      <div className="latchkey-sr-only">
        <table>
          <caption>{t('overview.byHour', { name })}</caption>
          <thead>
            <tr>
              <th scope="col">{t('overview.hour')}</th>
              <th scope="col">{name}</th>
            </tr>
          </thead>
          <tbody>
            {hours.map((hour) => (
              <tr key={hour.at}>
                <th scope="row">{longName(hour)}</th>
                <td>{valueName(hour.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {children}
    </figure>
  );
}

const DAY = { day: 'numeric', month: 'short' } as const;
