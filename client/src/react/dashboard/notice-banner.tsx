/** A banner that explains why the page is not up to date, and what happens next. */

import type { ReactElement } from 'react';

import { useTickingText } from '../hooks/use-ticking-text.js';
import { formatClockTime } from '../i18n/format-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { type Notice, noticeText } from './page-state.js';

interface NoticeBannerProps {
  readonly notice: Notice;
  readonly onRetry: () => void;
}

/** Its wait counts down, outside of the live region so that a screen reader does not announce every second. */
export function NoticeBanner({ notice, onRetry }: NoticeBannerProps): ReactElement {
  const i18n = useI18n();
  const { t, locale } = i18n;
  const text = useTickingText((now) => noticeText(notice, now, i18n), 'seconds');
  const isUnreachable = notice.kind === 'unreachable';
  return (
    <p className="latchkey-notice" data-kind={notice.kind} data-latchkey-item="notice">
      <span>{text}</span>{' '}
      {isUnreachable && notice.since !== null && (
        <span>{t('lastUpdated', { since: formatClockTime(notice.since, Date.now(), locale) })} </span>
      )}
      {(isUnreachable || notice.kind === 'error') && (
        <button type="button" onClick={onRetry}>
          {t('tryAgain')}
        </button>
      )}
    </p>
  );
}
