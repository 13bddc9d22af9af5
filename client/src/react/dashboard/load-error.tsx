/** The page with the sessions did not come: what somebody can do about it. */

import type { ReactElement } from 'react';

import type { FirstLabels } from '../i18n/labels.js';

interface NotLoadedProps {
  readonly labels: FirstLabels;
  /** They tried again, and it did not come. */
  readonly hasTried: boolean;
  readonly onTry: () => void;
}

/** A sentence and a button: to try again, then to reload. */
export function NotLoaded({ labels, hasTried, onTry }: NotLoadedProps): ReactElement {
  return (
    <p className="latchkey-notice" data-latchkey-item="not-loaded">
      <span>{labels.notLoaded}</span>{' '}
      {/* A file that an update has replaced never comes, and some browsers remember a failure. */}
      <button type="button" onClick={hasTried ? () => location.reload() : onTry}>
        {hasTried ? labels.reload : labels.tryNow}
      </button>
    </p>
  );
}
