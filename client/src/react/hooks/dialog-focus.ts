/** Where does the focus belong in an open dialog? On the first field, or else on the button that closes, because neither acts. */

export function dialogFocus(dialog: HTMLElement): HTMLElement | null {
  return dialog.querySelector<HTMLElement>('input, select, textarea') ?? [...dialog.querySelectorAll<HTMLElement>('button')].at(-1) ?? null;
}
