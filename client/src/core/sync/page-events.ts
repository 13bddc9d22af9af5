/** What does a client do when its page becomes visible, gets a network, or returns from the back-forward cache? */

import type { Refresher } from '../refresh/refresh.js';
import type { Context } from '../runtime/context.js';
import { listenToPage } from '../util/page.js';

/** Returns a function that removes the listeners. */
export function listenToPageEvents({ store, backoffs, reschedule }: Context, { checkStatus }: Refresher, announce: () => void): () => void {
  return listenToPage({
    visibilitychange: reschedule,
    focus: reschedule,
    offline: () => store.set({ online: false }),
    online() {
      store.set({ online: true });
      for (const backoff of Object.values(backoffs)) backoff.reset();
      reschedule();
    },
    pageshow(event) {
      if (!(event as PageTransitionEvent).persisted) return;
      // In the back-forward cache the page received no messages.
      announce();
      void checkStatus.run();
    },
  });
}
