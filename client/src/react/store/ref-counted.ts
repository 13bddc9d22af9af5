/** Runs something once, however many components use it. */

/**
 * Starts with the first user and stops after the last one has left.
 *
 * It stops one tick later, because StrictMode and a route change unmount and mount in the same tick. Stopping at once
 * would end a poll and start it again.
 */
export function refCounted(start: () => () => void): () => () => void {
  let users = 0;
  let stop: (() => void) | null = null;
  return () => {
    users += 1;
    stop ??= start();
    let isUsing = true;
    return () => {
      if (!isUsing) return;
      isUsing = false;
      users -= 1;
      setTimeout(() => {
        if (users > 0) return;
        stop?.();
        stop = null;
      });
    };
  };
}
