/** Shown when the code of the sessions page could not be loaded. */

import type { ReactElement } from 'react';

import type { ShellLabels } from '../i18n/labels.js';

interface LoadErrorProps {
  readonly labels: ShellLabels;
  /** The user has tried again without success. */
  readonly hasRetried: boolean;
  readonly onRetry: () => void;
}

/** Offers another attempt first, then to reload the page. */
export function LoadError({ labels, hasRetried, onRetry }: LoadErrorProps): ReactElement {
  return (
    <p className="latchkey-notice" data-latchkey-item="load-error">
      <span>{labels.loadFailed}</span>{' '}
      {/* A deployment may have removed the file, and some browsers cache a failed import. Only a reload helps then. */}
      <button type="button" onClick={hasRetried ? () => location.reload() : onRetry}>
        {hasRetried ? labels.reload : labels.tryAgain}
      </button>
    </p>
  );
}
