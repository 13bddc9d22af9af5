/** The sign-ins of each day as a chart, and the numbers beside it. */

import type { ReactElement } from 'react';

import { formatDuration } from '../i18n/format-relative-time.js';
import { formatter } from '../i18n/format-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import type { SessionView } from '../store/session-view.js';
import { SignInChart } from './sign-in-chart.js';

type StatisticsView = Pick<SessionView, 'analytics' | 'sessions' | 'sessionLimit'>;

export function SignInStatistics({ view }: { readonly view: StatisticsView }): ReactElement {
  const { t, locale } = useI18n();
  const { analytics, sessions, sessionLimit: limit } = view;
  const median = analytics?.session_seconds.median ?? null;
  const count = sessions.length;
  return (
    <div className="latchkey-figures">
      {analytics !== null && <SignInChart days={analytics.sign_ins_by_day} />}
      <dl className="latchkey-numbers">
        <div>
          <dt>{t('sessionCount')}</dt>{' '}
          <dd>{limit === null ? formatter(Intl.NumberFormat, locale, {}).format(count) : t('ofLimit', { count, limit })}</dd>
        </div>{' '}
        {median !== null && (
          <div>
            <dt>{t('typicalLength')}</dt> <dd>{formatDuration(median, locale)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}
