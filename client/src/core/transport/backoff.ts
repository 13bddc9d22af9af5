/** When may a failed request be tried again? */

import { LatchkeyError } from '../errors.js';
import { countdown } from '../util/countdown.js';

/** Requests of different kinds back off separately: a limited list must not delay a refresh, nor a refresh the status. */
export type RequestKind = 'refresh' | 'status' | 'read';

/** A captive portal responds at once to everything, so retries without this pause would be a busy loop. */
const NOT_LATCHKEY_SECONDS = 5;
/** How many times a refresh without a response is repeated quickly, while the server's grace lasts. */
const QUICK_RETRIES = 4;

/** A `Retry-After` of the server, with the error that carried it. Other tabs throw the same error. */
export interface ServerWait extends Pick<LatchkeyError, 'code' | 'message' | 'status'> {
  readonly seconds: number;
}

/** The backoff of one kind of request. */
export interface Backoff {
  /** Records a failure; returns the seconds to wait. */
  recordFailure(error: LatchkeyError): number;
  /** Waits at least as long as the server demanded, of this tab or of another one. */
  addServerWait(wait: ServerWait): void;
  /** Forgets failures after a success, or because the network is back. The server's wait stays. */
  reset(): void;
  /** The server's wait, while it lasts. */
  serverWait(): ServerWait | null;
  /** The server's wait as an error, for callers that ask too early. */
  waitError(): LatchkeyError | null;
  /** Throws `waitError()`, if there is one. */
  throwIfWaiting(): void;
  /** Seconds until the next attempt. */
  secondsLeft(): number;
  /** Whether the last attempt failed. */
  isFailing(): boolean;
  /** Whether the last response was lost, so that the server may have rotated the token already. */
  isResponseLost(): boolean;
}

/** `retryLostResponses`: repeat a request without a response quickly and without jitter, while the server's grace lasts. */
export function createBackoff(retryLostResponses: boolean): Backoff {
  let failures = 0;
  let responseLost = false;
  let ownWait = countdown(0);
  let serverCountdown = countdown(0);
  let latestWait: ServerWait | undefined;

  const serverWait = (): ServerWait | null => {
    const seconds = serverCountdown();
    return latestWait && seconds > 0 ? { ...latestWait, seconds } : null;
  };
  const waitError = (): LatchkeyError | null => {
    const wait = serverWait();
    return wait && new LatchkeyError(wait.code, wait.message, { status: wait.status, retryAfter: Math.ceil(wait.seconds) });
  };

  return {
    serverWait,
    waitError,
    recordFailure({ code, status, retryAfter }) {
      const doubled = Math.min(60, 2 ** failures++);
      responseLost = retryLostResponses && status === null && failures <= QUICK_RETRIES;
      if (retryAfter !== null) return retryAfter;
      const seconds = responseLost ? doubled : Math.max(Math.random() * doubled, code === 'not_latchkey' ? NOT_LATCHKEY_SECONDS : 0);
      ownWait = countdown(seconds);
      return seconds;
    },
    addServerWait(wait) {
      if (wait.seconds <= serverCountdown()) return;
      serverCountdown = countdown(wait.seconds);
      latestWait = wait;
    },
    reset() {
      failures = 0;
      responseLost = false;
      ownWait = countdown(0);
    },
    throwIfWaiting() {
      const error = waitError();
      if (error) throw error;
    },
    secondsLeft: () => Math.max(serverCountdown(), ownWait(), 0),
    isFailing: () => failures > 0,
    isResponseLost: () => responseLost,
  };
}
