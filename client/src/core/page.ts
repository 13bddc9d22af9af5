/** Where does it run? In a page, perhaps: a server and a worker have neither visibility nor its events. */

/** Whether somebody may be looking. */
export function visible(): boolean {
  return globalThis.document?.visibilityState !== 'hidden';
}

/** Whether the device says it has a network. */
export function online(): boolean {
  return globalThis.navigator?.onLine !== false;
}

/** Listens to what happens to the page; returns what stops it. */
export function listen(listeners: Record<string, (event: Event) => void>): () => void {
  const all = (does: 'addEventListener' | 'removeEventListener'): void => {
    for (const [type, listener] of Object.entries(listeners)) {
      const target = type === 'visibilitychange' ? globalThis.document : globalThis;
      target?.[does]?.(type, listener);
    }
  };
  all('addEventListener');
  return () => all('removeEventListener');
}
