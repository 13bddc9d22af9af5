/** The heading of a page of the console. It gets the focus when the page is opened, so that a screen reader reads it. */

import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';

interface PageHeadingProps {
  readonly children: ReactNode;
  /** The console has just been opened, so the focus stays where the reader is. */
  readonly isFirst: boolean;
}

export function PageHeading({ children, isFirst }: PageHeadingProps): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  const keepsFocus = useRef(isFirst);
  useEffect(() => {
    if (!keepsFocus.current) heading.current?.focus();
  }, []);
  return (
    <h3 ref={heading} className="latchkey-page-heading" tabIndex={-1}>
      {children}
    </h3>
  );
}
