/** What stands there before the first answer: rows of the right height, so that nothing jumps. */

import type { ReactElement } from 'react';

/** Three empty rows for the eye, a sentence for everybody. */
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
