/** A time that is told from now, with the full date behind it. */

import type { ReactElement } from 'react';

import { useMovingText } from '../hooks/use-ticking-text.js';
import { ago, fullTime } from '../i18n/format-relative-time.js';
import { useWords } from '../i18n/i18n-context.js';

interface MovingTimeProps {
  readonly at: string;
  /** The phrase around `12 minutes ago`; `null` is within the last minute. */
  readonly phrase: (when: string | null) => string;
}

/** `active 12 minutes ago`, which moves on by itself. */
export function MovingTime({ at, phrase }: MovingTimeProps): ReactElement {
  const { locale } = useWords();
  const text = useMovingText((now) => phrase(ago(at, now, locale)), 'minutes');
  return (
    <time dateTime={at} title={fullTime(at, locale)}>
      {text}
    </time>
  );
}
