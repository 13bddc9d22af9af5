/** Placeholder rows that are shown while the sessions are loading. They have the height of rows, so that nothing jumps. */

import type { ReactElement } from 'react';

export function Skeleton({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      <p className="latchkey-loading">{text}</p>
      <ul className="latchkey-rows latchkey-skeleton" aria-hidden="true">
        <li className="latchkey-row" />
        <li className="latchkey-row" />
        <li className="latchkey-row" />
      </ul>
    </>
  );
}
