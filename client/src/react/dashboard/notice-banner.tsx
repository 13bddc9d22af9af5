/** Why what is shown may not be what is, and what happens next. */

import type { ReactElement } from 'react';

import { clockTime } from '../i18n/format-time.js';
import { type Notice, noticeText } from './page-state.js';
import { useMovingText } from '../hooks/use-ticking-text.js';
import type { FirstWords } from '../i18n/i18n.js';

interface NoticeLineProps {
  readonly notice: Notice;
  readonly words: FirstWords;
  readonly onRetry: () => void;
}

/** The notice; its wait counts down, outside of the live region: nobody wants to hear every second. */
export function NoticeLine({ notice, words, onRetry }: NoticeLineProps): ReactElement {
  const { labels, locale } = words;
  const text = useMovingText((now) => noticeText(notice, now, words), 'seconds');
  const isUnreachable = notice.kind === 'unreachable';
  return (
    <p className="latchkey-notice" data-kind={notice.kind} data-latchkey-item="notice">
      <span>{text}</span>{' '}
      {isUnreachable && notice.since !== null && (
        <span>{labels.stale(clockTime(notice.since, Date.now(), locale))} </span>
      )}
      {(isUnreachable || notice.kind === 'told') && (
        <button type="button" onClick={onRetry}>
          {labels.tryNow}
        </button>
      )}
    </p>
  );
}
