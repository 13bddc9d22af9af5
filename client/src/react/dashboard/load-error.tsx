/** Shown when the code of the page could not be loaded. */

import type { ReactElement } from 'react';

interface LoadErrorProps {
  readonly text: (key: 'loadFailed' | 'reload' | 'tryAgain') => string;
  /** The user has tried again without success. */
  readonly hasRetried: boolean;
  readonly onRetry: () => void;
}

/** Offers another attempt first, then to reload the page. */
export function LoadError({ text, hasRetried, onRetry }: LoadErrorProps): ReactElement {
  return (
    <p className="latchkey-notice">
      <span>{text('loadFailed')}</span>{' '}
      {/* A deployment may have removed the file, and some browsers cache a failed import. Only a reload helps then. */}
      <button type="button" onClick={hasRetried ? () => location.reload() : onRetry}>
        {text(hasRetried ? 'reload' : 'tryAgain')}
      </button>
    </p>
  );
}
