/** Placeholder cards that are shown while the sessions are loading. They have the height of cards, so that nothing jumps. */

import type { ReactElement } from 'react';

export function Skeleton({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      <p className="latchkey-loading">{text}</p>
      <ul className="latchkey-cards latchkey-skeleton" aria-hidden="true">
        <li className="latchkey-card" />
        <li className="latchkey-card" />
        <li className="latchkey-card" />
      </ul>
    </>
  );
}
