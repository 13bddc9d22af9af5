/** How does a sign-out reach a server that cannot be reached now? The client repeats the request until the server has it. */

import { LatchkeyError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import { createBackoff } from '../transport/backoff.js';
import { isOnline, listenToPage } from '../util/page.js';

export interface DeliveryQueue {
  /** Repeats `send` until it succeeds or the server refuses it; `isShown` is whether the state still concerns it. */
  retryUntilDelivered(send: () => Promise<unknown>, isShown: () => boolean): Promise<void>;
  stop(): void;
}

export function createDeliveryQueue({ store }: Context): DeliveryQueue {
  /** Functions that cancel the retry of each request that is still to be delivered. */
  const pendingRevokes = new Set<() => void>();
  let stopped = false;

  return {
    async retryUntilDelivered(send, isShown) {
      const backoff = createBackoff(true);
      const attempt = async (): Promise<void> => {
        try {
          await send();
          if (isShown()) store.set({ error: null, retryAt: null });
        } catch (error) {
          if (!(error instanceof LatchkeyError)) throw error;
          const { status, code } = error;
          // If the server refuses, there is no session left to end.
          if (stopped || (code !== 'not_latchkey' && status !== null && status < 500 && status !== 429)) return;
          const milliseconds = backoff.recordFailure(error) * 1000;
          const cancel = (): void => {
            clearTimeout(timer);
            removeListeners();
            pendingRevokes.delete(cancel);
          };
          const retry = (): void => {
            cancel();
            void attempt();
          };
          const timer = setTimeout(retry, milliseconds);
          const removeListeners = listenToPage({ online: retry });
          pendingRevokes.add(cancel);
          if (isShown()) store.set({ error, online: isOnline(), retryAt: Date.now() + milliseconds });
        }
      };
      return attempt();
    },
    stop() {
      stopped = true;
      for (const cancel of pendingRevokes) cancel();
    },
  };
}
