/** Is there a page, and is it visible? A server and a worker have no page and none of its events. */

/** Whether the user may be looking at the page. */
export function isPageVisible(): boolean {
  return globalThis.document?.visibilityState !== 'hidden';
}

/** Whether the device reports a network. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false;
}

/** Listens to events of the page; returns a function that removes the listeners. */
export function listenToPage(listeners: Record<string, (event: Event) => void>): () => void {
  const forAll = (method: 'addEventListener' | 'removeEventListener'): void => {
    for (const [type, listener] of Object.entries(listeners)) {
      const target = type === 'visibilitychange' ? globalThis.document : globalThis;
      target?.[method]?.(type, listener);
    }
  };
  forAll('addEventListener');
  return () => forAll('removeEventListener');
}
