/** Explains why a part of the console is not up to date: offline, limited, out of reach or refused. */

import type { ReactElement } from 'react';

import { NoticeBanner } from '../../dashboard/notice-banner.js';
import { noticeOf } from '../../dashboard/page-state.js';
import { useConsole } from '../console-context.js';
import type { ResourceState } from '../state/resource.js';
import { describeActionError } from './action-error.js';

interface ResourceNoticeProps {
  readonly state: Pick<ResourceState<unknown>, 'data' | 'error' | 'retryAt' | 'loadedAt'>;
  readonly onRetry: () => void;
}

/** Renders nothing if all is well. */
export function ResourceNotice({ state, onRetry }: ResourceNoticeProps): ReactElement | null {
  const { i18n, online } = useConsole();
  const { error, retryAt, loadedAt } = state;
  if (online && error !== null && retryAt === null) {
    return (
      <p className="latchkey-notice" data-kind="error">
        <span>{error.code === 'forbidden' ? i18n.t('forbidden') : describeActionError(error, i18n).text}</span>{' '}
        <button type="button" onClick={onRetry}>
          {i18n.t('tryAgain')}
        </button>
      </p>
    );
  }
  const notice = noticeOf({ status: 'signed-in', online, stale: false, connectionError: error, confirmedAt: loadedAt, retryAt }, i18n);
  return notice && <NoticeBanner notice={notice} onRetry={onRetry} />;
}
