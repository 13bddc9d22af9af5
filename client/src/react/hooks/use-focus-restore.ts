/** Where does the focus go when what had it leaves the page? */

import { type FocusEvent, type RefObject, useEffect, useRef } from 'react';

import { neighbourOf } from './adjacent-item.js';

/** What the keeper needs of the element around. */
export interface KeptFocus {
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: () => void;
  /** What the focus returns to once a dialog is closed. */
  readonly returnTo: (opener: HTMLElement) => void;
}

/**
 * Keeps the focus on the page: in the item that had it, else in its neighbour, else on the heading. Items are
 * the elements with `data-latchkey-item`. Without it a keyboard starts anew at the top of the document.
 */
export function useKeptFocus(root: RefObject<HTMLElement | null>, heading: RefObject<HTMLElement | null>): KeptFocus {
  /** What had the focus; React tells nothing of a blur that comes from its own removal. */
  const held = useRef<{ readonly item: string | null } | null>(null);
  const opener = useRef<HTMLElement | null>(null);
  const before = useRef<readonly Place[]>([]);

  useEffect(() => {
    const around = root.current;
    if (around === null) return;
    const look = (): void => {
      const items = new Map(itemsOf(around));
      const isLost = document.activeElement === null || document.activeElement === document.body;
      if (isLost && held.current !== null) {
        const { item } = held.current;
        const next = item === null || items.has(item) ? item : nextTo(item, before.current, [...items.keys()]);
        const target = connected(opener.current) ?? targetIn(items.get(next ?? '')) ?? heading.current;
        held.current = null;
        target?.focus();
      }
      if (around.querySelector('dialog') === null) opener.current = null;
      before.current = [...items].map(([id, element]) => ({ id, list: element.parentElement }));
    };
    look();
    // Not after renders of ours: a part may change by itself, as a question that is answered with "keep" does.
    const observer = new MutationObserver(look);
    observer.observe(around, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [root, heading]);

  const keeper = useRef<KeptFocus>({
    onFocus: ({ target }) => {
      const item = target.closest<HTMLElement>('[data-latchkey-item]');
      held.current = { item: item?.dataset['latchkeyItem'] ?? null };
    },
    onBlur: () => {
      held.current = null;
    },
    returnTo: (element) => {
      opener.current = element;
    },
  });
  return keeper.current;
}

/** Where an item stood. */
interface Place {
  readonly id: string;
  readonly list: Element | null;
}

/** The neighbour in the same list, else on the page. */
function nextTo(lost: string, before: readonly Place[], left: readonly string[]): string | null {
  const list = before.find(({ id }) => id === lost)?.list;
  const peers = before.filter((place) => place.list === list).map(({ id }) => id);
  return neighbourOf(lost, peers, left) ?? neighbourOf(lost, before.map(({ id }) => id), left);
}

/** Items that can take the focus. */
function itemsOf(root: HTMLElement | null): readonly [string, HTMLElement][] {
  return [...(root?.querySelectorAll<HTMLElement>('[data-latchkey-item]') ?? [])]
    .filter((item) => targetIn(item) !== null)
    .map((item) => [item.dataset['latchkeyItem'] ?? '', item]);
}

function targetIn(item: HTMLElement | undefined): HTMLElement | null {
  return item?.querySelector<HTMLElement>('button') ?? item?.querySelector<HTMLElement>('[tabindex]') ?? null;
}

function connected(element: HTMLElement | null): HTMLElement | null {
  return element?.isConnected === true ? element : null;
}
