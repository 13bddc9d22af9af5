/** Moves the focus to a sensible place when the element that has it is removed. */

import { type FocusEvent, type RefObject, useEffect, useRef } from 'react';

import { adjacentItem } from './adjacent-item.js';
import { dialogFocus } from './dialog-focus.js';

/** The handlers for the element around the items. */
export interface FocusRestore {
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: () => void;
  /** Sets the element that gets the focus once the dialog is closed. */
  readonly returnTo: (opener: HTMLElement) => void;
}

/**
 * Keeps the focus on the page: in the item that had it, or else in an adjacent item, or else on the heading.
 * Items are the elements with `data-latchkey-item`. Without this, a keyboard user would start again at the top of
 * the document whenever a row disappears.
 */
export function useFocusRestore(root: RefObject<HTMLElement | null>, heading: RefObject<HTMLElement | null>): FocusRestore {
  /** The item with the focus. React sends no blur event when it removes the focused element itself. */
  const focused = useRef<{ readonly item: string | null } | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const before = useRef<readonly ItemPosition[]>([]);

  useEffect(() => {
    const container = root.current;
    if (container === null) return;
    const restore = (): void => {
      const items = new Map(focusableItems(container));
      const isLost = document.activeElement === null || document.activeElement === document.body;
      const dialog = container.querySelector<HTMLElement>('dialog[open]');
      if (isLost && focused.current !== null) {
        const { item } = focused.current;
        const next = item === null || items.has(item) ? item : nextItem(item, before.current, [...items.keys()]);
        // An open dialog makes everything else inert.
        const target = dialog !== null ? dialogFocus(dialog) : ifConnected(opener.current) ?? focusTarget(items.get(next ?? '')) ?? heading.current;
        focused.current = null;
        target?.focus();
      }
      if (dialog === null) opener.current = null;
      before.current = [...items].map(([id, element]) => ({ id, list: element.parentElement }));
    };
    restore();
    // An effect would miss changes of a child's own state, for example a question that is cancelled.
    const observer = new MutationObserver(restore);
    observer.observe(container, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [root, heading]);

  const handlers = useRef<FocusRestore>({
    onFocus: ({ target }) => {
      const item = target.closest<HTMLElement>('[data-latchkey-item]');
      focused.current = { item: item?.dataset['latchkeyItem'] ?? null };
    },
    onBlur: () => {
      focused.current = null;
    },
    returnTo: (element) => {
      opener.current = element;
    },
  });
  return handlers.current;
}

interface ItemPosition {
  readonly id: string;
  readonly list: Element | null;
}

/** The adjacent item in the same list, or else on the whole page. */
function nextItem(removed: string, before: readonly ItemPosition[], remaining: readonly string[]): string | null {
  const list = before.find(({ id }) => id === removed)?.list;
  const sameList = before.filter((position) => position.list === list).map(({ id }) => id);
  return adjacentItem(removed, sameList, remaining) ?? adjacentItem(removed, before.map(({ id }) => id), remaining);
}

function focusableItems(root: HTMLElement | null): readonly [string, HTMLElement][] {
  return [...(root?.querySelectorAll<HTMLElement>('[data-latchkey-item]') ?? [])]
    .filter((item) => focusTarget(item) !== null)
    .map((item) => [item.dataset['latchkeyItem'] ?? '', item]);
}

function focusTarget(item: HTMLElement | undefined): HTMLElement | null {
  return item?.querySelector<HTMLElement>('button') ?? item?.querySelector<HTMLElement>('[tabindex]') ?? null;
}

function ifConnected(element: HTMLElement | null): HTMLElement | null {
  return element?.isConnected === true ? element : null;
}
