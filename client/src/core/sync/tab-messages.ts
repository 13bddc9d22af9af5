/** What does a client do with a message of another tab? */

import type { Context } from '../runtime/context.js';
import type { Message } from '../tabs/messages.js';
import type { RequestKind } from '../transport/backoff.js';

type Handlers = { readonly [Type in Message['type']]?: (message: Message & { type: Type }) => void };

/** Handles the messages that concern every client; participants handle the others themselves. */
export function tabMessageHandler(context: Context): (message: Message) => void {
  const { session, store, backoffs, refreshPause, broadcast, showError, markSuccess } = context;
  const handlers: Handlers = {
    token(message) {
      // A request that failed in this tab has succeeded in the other one.
      if (session.acceptMessage(message)) for (const kind of ['refresh', 'status'] as const) markSuccess(kind);
    },
    ended: ({ sessionId, reason, byServer }) =>
      (sessionId === null || sessionId === session.id()) && session.end(reason, byServer, false),
    pause: refreshPause.begin,
    resume: refreshPause.end,
    refreshing: ({ tab, active }) => refreshPause.setRefreshing(tab, active),
    wait({ kind, ...wait }) {
      backoffs[kind].addServerWait(wait);
      const error = backoffs[kind].waitError();
      // This tab sends no request, so without the error the user would not see why the page is empty.
      if (error && kind === 'status' && store.get().status === 'unknown') showError(kind, error, wait.seconds);
    },
    'tab-opened'() {
      session.shareTokens();
      for (const kind of Object.keys(backoffs) as RequestKind[]) {
        const wait = backoffs[kind].serverWait();
        if (wait) broadcast({ type: 'wait', kind, ...wait });
      }
    },
  };
  return (message) => (handlers[message.type] as ((message: Message) => void) | undefined)?.(message);
}
