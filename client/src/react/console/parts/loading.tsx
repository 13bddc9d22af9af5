/** Placeholder lines with the height of what is loading, so that nothing jumps. */

import type { ReactElement } from 'react';

import { useConsole } from '../console-context.js';

export function Loading({ lines = 3 }: { readonly lines?: number }): ReactElement {
  const { t } = useConsole().i18n;
  return (
    <div className="latchkey-skeleton" aria-busy="true">
      <p className="latchkey-loading">{t('events.loadingMore')}</p>
      <ul className="latchkey-cards" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <li key={index} className="latchkey-card" />
        ))}
      </ul>
    </div>
  );
}
