/** Opens one dialog at a time, and gives the focus back to the button that opened it. */

import { type MouseEvent, type ReactElement, type ReactNode, useLayoutEffect, useRef, useState } from 'react';

type Render = (close: () => void) => ReactNode;

interface DialogsProps {
  /** `open(dialog)` is the click handler of a button. */
  readonly children: (open: (dialog: Render) => (event: MouseEvent<HTMLElement>) => void) => ReactNode;
}

export function Dialogs({ children }: DialogsProps): ReactElement {
  const [dialog, setDialog] = useState<{ readonly render: Render } | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLElement | null>(null);
  const isOpen = dialog !== null;
  useLayoutEffect(() => {
    if (isOpen || opener.current === null) return;
    // The button may have left, for example "Resume" after a resumption.
    const target = opener.current.isConnected ? opener.current : root.current?.querySelector<HTMLElement>('button');
    opener.current = null;
    target?.focus();
  }, [isOpen]);
  return (
    <div ref={root}>
      {children((render) => ({ currentTarget }) => {
        opener.current = currentTarget;
        setDialog({ render });
      })}
      {dialog?.render(() => setDialog(null))}
    </div>
  );
}
