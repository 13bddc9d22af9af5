/** Opens one dialog at a time, and gives the focus back to the button that opened it. */

import { type MouseEvent, type ReactElement, type ReactNode, useLayoutEffect, useRef, useState } from 'react';

interface DialogsProps<Name extends string> {
  /** The dialogs by name. The open one is rendered again with the page, so that it has the functions of the session of now. */
  readonly dialogs: Readonly<Record<Name, (close: () => void) => ReactNode>>;
  /** `open(name)` is the click handler of a button. */
  readonly children: (open: (name: Name) => (event: MouseEvent<HTMLElement>) => void) => ReactNode;
}

export function Dialogs<Name extends string>({ dialogs, children }: DialogsProps<Name>): ReactElement {
  const [opened, setOpened] = useState<Name | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLElement | null>(null);
  const isOpen = opened !== null;
  useLayoutEffect(() => {
    if (isOpen || opener.current === null) return;
    // The button may have left, for example "Resume" after a resumption.
    const target = opener.current.isConnected ? opener.current : root.current?.querySelector<HTMLElement>('button');
    opener.current = null;
    target?.focus();
  }, [isOpen]);
  return (
    <div ref={root}>
      {children((name) => ({ currentTarget }) => {
        opener.current = currentTarget;
        setOpened(name);
      })}
      {opened !== null && dialogs[opened](() => setOpened(null))}
    </div>
  );
}
