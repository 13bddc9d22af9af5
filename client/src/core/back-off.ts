/** When may it be tried again? */

import { countdown } from './clock.js';
import { LatchkeyError } from './errors.js';

/** A captive portal answers everything at once: asking it faster than this is a loop. */
const NOT_US_SECONDS = 5;
/** A reply that was lost is asked for again this often within the server's grace. */
const LOST_REPLIES = 4;

const TOLD = { code: 'rate_limited', message: 'Too many requests', status: 429, requestId: null } as const;

/** One kind of request, and how it fared lately. */
export interface BackOff {
  /** Takes note of a failure; returns the seconds to wait. */
  failed(error: LatchkeyError): number;
  /** Waits at least this long, because another tab was told so. */
  hold(seconds: number): void;
  /** It works again, or the network came back: what the server asked for stays. */
  relax(): void;
  /** Throws while the server wants to be left alone. */
  allowed(): void;
  /** Seconds until the next try. */
  left(): number;
  /** Whether the last try failed. */
  failing(): boolean;
  /** Whether the last reply was lost, so that the server may be one token ahead of us. */
  urgent(): boolean;
}

/** `lossless`: a lost reply must be asked for again on the dot, since the server's grace runs. */
export function backOff(lossless: boolean): BackOff {
  let failures = 0;
  let lost = false;
  let asked = countdown(0);
  let own = countdown(0);
  /** What this tab was told, else what another one will have been. */
  let because: Pick<LatchkeyError, 'code' | 'message' | 'status' | 'requestId'> = TOLD;
  return {
    failed(error) {
      const { code, status, retryAfter } = error;
      const doubled = Math.min(60, 2 ** failures++);
      lost = lossless && status === null && failures <= LOST_REPLIES;
      const seconds = retryAfter ?? (lost ? doubled : Math.max(Math.random() * doubled, code === 'not_latchkey' ? NOT_US_SECONDS : 0));
      if (retryAfter === null) own = countdown(seconds);
      else {
        asked = countdown(seconds);
        because = error;
      }
      return seconds;
    },
    hold(seconds) {
      if (seconds > asked()) asked = countdown(seconds);
    },
    relax() {
      failures = 0;
      lost = false;
      own = countdown(0);
    },
    allowed() {
      const { code, message, status, requestId } = because;
      if (asked() > 0) throw new LatchkeyError(code, message, { status, requestId, retryAfter: Math.ceil(asked()) });
    },
    left: () => Math.max(asked(), own(), 0),
    failing: () => failures > 0,
    urgent: () => lost,
  };
}
