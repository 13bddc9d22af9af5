/** What follows from the outcome of a request? Errors become visible, and server waits apply to all tabs. */

import type { LatchkeyError } from '../errors.js';
import type { Message } from '../tabs/messages.js';
import { createBackoff, type Backoff, type RequestKind, type ServerWait } from '../transport/backoff.js';
import type { LatchkeyOptions, LatchkeyState } from '../types.js';
import { callApp } from '../util/call-app.js';
import { isOnline } from '../util/page.js';
import type { Store } from '../util/store.js';

export interface RequestOutcomes {
  readonly backoffs: Readonly<Record<RequestKind, Backoff>>;
  /** Applies a `Retry-After` to all tabs. */
  shareServerWait(kind: RequestKind, error: LatchkeyError): void;
  /** Shows why there is no response, and when the next attempt follows. */
  showError(kind: RequestKind, error: LatchkeyError, seconds: number, more?: Partial<LatchkeyState>): void;
  /** Records the failure of a request that no caller may be waiting for. */
  reportFailure(kind: RequestKind, error: LatchkeyError): void;
  markSuccess(kind: RequestKind): void;
}

export function trackRequestOutcomes(
  store: Store<LatchkeyState>,
  options: LatchkeyOptions,
  broadcast: (message: Message) => void,
  isDisposed: () => boolean,
): RequestOutcomes {
  const backoffs = { refresh: createBackoff(true), status: createBackoff(false), read: createBackoff(false) };
  let failingKind: RequestKind | null = null;

  const shareServerWait: RequestOutcomes['shareServerWait'] = (kind, { code, message, status, retryAfter: seconds }) => {
    if (seconds === null) return;
    const wait: ServerWait = { seconds, code, message, status };
    // An outage concerns the status as well. A limit of refreshes does not, because the status is not limited.
    const kinds: RequestKind[] = kind === 'refresh' && status !== 429 ? ['refresh', 'status'] : [kind];
    for (const each of kinds) {
      backoffs[each].addServerWait(wait);
      broadcast({ type: 'wait', kind: each, ...wait });
    }
  };
  const showError: RequestOutcomes['showError'] = (kind, error, seconds, more) => {
    failingKind = kind;
    store.set({ error, retryAt: Date.now() + seconds * 1000, ...more });
  };

  return {
    backoffs,
    shareServerWait,
    showError,
    reportFailure(kind, error) {
      if (isDisposed()) return;
      shareServerWait(kind, error);
      showError(kind, error, backoffs[kind].recordFailure(error), { online: isOnline(), ...(kind === 'read' && { stale: true }) });
      queueMicrotask(() => void callApp(() => options.onError?.(error)));
    },
    markSuccess(kind) {
      backoffs[kind].reset();
      store.set({ online: true, ...(failingKind === kind && { error: null, retryAt: null }) });
    },
  };
}
