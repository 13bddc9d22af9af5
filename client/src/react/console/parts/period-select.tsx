/** Chooses how far back to look. */

import type { ReactElement } from 'react';

import { useConsole } from '../console-context.js';

interface PeriodSelectProps<P extends Choice> {
  readonly label: string;
  readonly periods: readonly P[];
  readonly value: P;
  readonly onChange: (period: P) => void;
}

/** The hours that have a text, and times that the reader chooses. */
type Choice = 1 | 24 | 168 | 720 | 2_160 | 'dates' | 'since';

export function PeriodSelect<P extends Choice>({ label, periods, value, onChange }: PeriodSelectProps<P>): ReactElement {
  const { t } = useConsole().i18n;
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={({ target }) => onChange(periods.find((one) => String(one) === target.value) ?? value)}>
        {periods.map((one) => (
          <option key={one} value={one}>
            {t(`period.${one}`)}
          </option>
        ))}
      </select>
    </label>
  );
}
