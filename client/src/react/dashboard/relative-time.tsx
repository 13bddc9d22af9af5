/** A time relative to now, with the full date as its tooltip. */

import type { ReactElement } from 'react';

import { useTickingText } from '../hooks/use-ticking-text.js';
import { formatFullTime, formatTimeAgo } from '../i18n/format-relative-time.js';
import { useI18n } from '../i18n/i18n-context.js';
import { useServerNow } from '../i18n/server-clock.js';

interface RelativeTimeProps {
  readonly at: string;
  /** Puts `12 minutes ago` into a phrase; `null` is within the last minute. */
  readonly phrase: (when: string | null) => string;
}

/** For example `Last active 12 minutes ago`, by the server's clock. It updates itself. */
export function RelativeTime({ at, phrase }: RelativeTimeProps): ReactElement {
  const { locale } = useI18n();
  const text = useTickingText((now) => phrase(formatTimeAgo(at, now, locale)), 'minutes', useServerNow());
  return (
    <time dateTime={at} title={formatFullTime(at, locale)}>
      {text}
    </time>
  );
}
