/** When may it be tried again? */

import { countdown } from './clock.js';
import { LatchkeyError } from './errors.js';

/** A captive portal answers everything at once: asking it faster than this is a loop. */
const NOT_US_SECONDS = 5;
/** A reply that was lost is asked for again this often within the server's grace. */
const LOST_REPLIES = 4;

/** The server wants to be left alone, and in which words it said so: another tab repeats them to whoever asks there. */
export interface Wait extends Pick<LatchkeyError, 'code' | 'message' | 'status'> {
  readonly seconds: number;
}

/** One kind of request, and how it fared lately. */
export interface BackOff {
  /** Takes note of a failure; returns the seconds to wait. */
  failed(error: LatchkeyError): number;
  /** Waits at least this long: this tab or another one was told so. */
  hold(wait: Wait): void;
  /** It works again, or the network came back: what the server asked for stays. */
  relax(): void;
  /** What the server asked for, while it lasts. */
  running(): Wait | null;
  /** The same for whoever asks all the same. */
  refusal(): LatchkeyError | null;
  /** Throws it. */
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
  let own = countdown(0);
  let asked = countdown(0);
  let told: Wait | undefined;

  const running = (): Wait | null => {
    const seconds = asked();
    return told && seconds > 0 ? { ...told, seconds } : null;
  };
  const refusal = (): LatchkeyError | null => {
    const wait = running();
    return wait && new LatchkeyError(wait.code, wait.message, { status: wait.status, retryAfter: Math.ceil(wait.seconds) });
  };

  return {
    running,
    refusal,
    failed({ code, status, retryAfter }) {
      const doubled = Math.min(60, 2 ** failures++);
      lost = lossless && status === null && failures <= LOST_REPLIES;
      if (retryAfter !== null) return retryAfter;
      const seconds = lost ? doubled : Math.max(Math.random() * doubled, code === 'not_latchkey' ? NOT_US_SECONDS : 0);
      own = countdown(seconds);
      return seconds;
    },
    hold(wait) {
      if (wait.seconds <= asked()) return;
      asked = countdown(wait.seconds);
      told = wait;
    },
    relax() {
      failures = 0;
      lost = false;
      own = countdown(0);
    },
    allowed() {
      const error = refusal();
      if (error) throw error;
    },
    left: () => Math.max(asked(), own(), 0),
    failing: () => failures > 0,
    urgent: () => lost,
  };
}
