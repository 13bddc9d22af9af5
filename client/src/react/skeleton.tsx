/** What stands there before the first answer: rows of the right height, so that nothing jumps. */

import type { ReactElement } from 'react';

import { useWords } from './words.js';

/** Three empty rows for the eye, a sentence for everybody. */
export function Skeleton(): ReactElement {
  const { labels } = useWords();
  return (
    <>
      <p className="latchkey-loading">{labels.loading}</p>
      <ul className="latchkey-rows latchkey-skeleton" aria-hidden="true">
        <li className="latchkey-row" />
        <li className="latchkey-row" />
        <li className="latchkey-row" />
      </ul>
    </>
  );
}
