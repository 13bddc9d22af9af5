/** Something that runs once for everybody who uses it. */

/**
 * Starts with the first user and stops after the last one left.
 *
 * It stops a moment later: StrictMode unmounts and mounts again at once, and so does a change of page. Both
 * would otherwise end a poll and begin it anew.
 */
export function sharedWhileUsed(start: () => () => void): () => () => void {
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
