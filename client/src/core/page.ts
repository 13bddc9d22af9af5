/** Where does it run? In a page, perhaps: a server and a worker have neither visibility nor its events. */

/** Whether somebody may be looking. */
export function visible(): boolean {
  return globalThis.document?.visibilityState !== 'hidden';
}

/** Whether the device says it has a network. */
export function online(): boolean {
  return globalThis.navigator?.onLine !== false;
}

/** Listens; returns what stops it. */
export function listen(target: EventTarget | undefined, type: string, listener: (event: Event) => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}
