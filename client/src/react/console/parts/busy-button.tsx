/** A button that does nothing while an action runs. It keeps the focus, which a disabled button would lose. */

import type { ComponentProps, ReactElement } from 'react';

interface BusyButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  readonly isBusy: boolean;
}

export function BusyButton({ isBusy, onClick, type = 'button', ...rest }: BusyButtonProps): ReactElement {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={isBusy}
      onClick={(event) => {
        // Also stops the submission of its form, by a click or by Enter in a field.
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}
