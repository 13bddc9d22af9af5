/**
 * When is the feed fetched? When the copy is 4 seconds old, and at most every 4 seconds.
 *
 * | the copy is | a request |
 * |---|---|
 * | younger than 4 s | uses it |
 * | older, and a fetch is under way | uses it up to 5 s of age, or while the feed hangs, else waits for the fetch |
 * | older, and the last fetch began less than 4 s ago | uses it |
 * | older | fetches the feed and waits |
 *
 * So a request uses a copy of more than 5 seconds only if a fetch of the last 10 seconds brought no newer feed. The feed may be 5 seconds old
 * when it is requested: 1 in the copy of a function, 2 on its way to a cache, and 2 in that cache. So a revocation is seen within 10. No timer
 * outlives its request, because a function or an edge runtime is frozen between requests.
 *
 * The feed hangs for 10 seconds after a fetch was sent that failed after a second or more, unless a later one succeeds. Then only the request
 * that fetches it waits, and not all that arrive in the meantime. They wait after a failure that was quick, because that stops no request for
 * long, and the next fetch most likely succeeds.
 *
 * On the edge a request may not wait for the I/O of another one, and a fetch ends without a result if the client of its request leaves. So the
 * other requests look every 50 ms whether it has ended, and one of them sends another fetch if it has not after half a second.
 */

import { VerificationUnavailableError } from '../errors.js';
import type { FindKeyByHeader } from '../key-source.js';
import type { Fetch } from '../remote-keys.js';
import { isEdge, noStore } from '../runtime.js';
import { underIssuer } from '../trusted-url.js';
import { elapsed, FeedCopy, type Moment } from './copy.js';
import { FEED_MAX_BYTES, verifyFeed, type FeedDocument } from './document.js';

const POLL_MS = 4_000;
const PATIENCE_MS = 5_000;
const TIMEOUT_MS = 2_000;
/** A fetch that fails after this time or later has hung. */
const HANG_MIN_MS = 1_000;
/** How long a fetch that has hung shows that the feed hangs: the time within which a revocation is seen otherwise. */
const HANGS_FOR_MS = 10_000;
/** How often and how many times a request on the edge looks whether the fetch of another one has ended. */
const LOOK_MS = 50;
const LOOKS = 10;
/** A fetch that takes longer was abandoned, for example because a function was frozen. Another one replaces it. */
const ABANDONED_AFTER_MS = 5_000;

type OnError = ((error: Error) => void) | undefined;

interface PendingFetch {
  readonly sentAt: Moment;
  readonly done: Promise<void>;
}

/** The moment at a time of the wall clock in milliseconds. */
export function momentAt(wall: number): Moment {
  return { wall, monotonic: performance.now() };
}

/** The present moment of a request that began at an earlier one. */
export function momentAfter(start: Moment): Moment {
  const monotonic = performance.now();
  return { wall: start.wall + monotonic - start.monotonic, monotonic };
}

/** The copy of one issuer's feed and the fetch that renews it. */
export class FeedRenewal {
  readonly #issuer: string;
  readonly #url: URL;
  readonly #findKey: FindKeyByHeader;
  readonly #fetch: Fetch;
  #copy: FeedCopy | undefined;
  #triedAt: Moment | undefined;
  /** When the last fetch was sent that hung, if none has succeeded since. A feed that arrived counts as success, whatever its age. */
  #hungAt: Moment | undefined;
  #pending: PendingFetch | undefined;
  /** Whether the server refused the last `since`. */
  #mustBeWhole = false;

  constructor(issuer: string, findKey: FindKeyByHeader, fetch: Fetch) {
    this.#issuer = issuer;
    this.#url = underIssuer(issuer, '.well-known/revocations');
    this.#findKey = findKey;
    this.#fetch = fetch;
  }

  /** The entries that have arrived so far. */
  get copy(): FeedCopy | undefined {
    return this.#copy;
  }

  /** Fetches the feed if it is due, or waits for another request's fetch if the copy is too old to use. It never rejects. */
  async renew(start: Moment, onError: OnError): Promise<void> {
    let awaited: PendingFetch | undefined;
    for (let looks = 0; ; looks += 1) {
      const now = momentAfter(start);
      const step = this.#nextStep(now);
      if (step === 'use') return;
      if (step !== awaited) looks = 0;
      if (step === 'fetch' || looks === LOOKS) return this.#fetchFeed(now, onError);
      if (!isEdge()) return step.done;
      awaited = step;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Whether a request uses the copy or fetches the feed, or the fetch for which it waits. */
  #nextStep(now: Moment): 'use' | 'fetch' | PendingFetch {
    const age = this.#copy?.age(now) ?? Number.POSITIVE_INFINITY;
    if (age < POLL_MS) return 'use';
    if (this.#pending && isWithin(this.#pending.sentAt, ABANDONED_AFTER_MS, now)) {
      return age < PATIENCE_MS || isWithin(this.#hungAt, HANGS_FOR_MS, now) ? 'use' : this.#pending;
    }
    return isWithin(this.#triedAt, POLL_MS, now) ? 'use' : 'fetch';
  }

  #fetchFeed(now: Moment, onError: OnError): Promise<void> {
    this.#triedAt = now;
    const done = this.#load(now, onError).finally(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    const pending = { sentAt: now, done };
    this.#pending = pending;
    return done;
  }

  async #load(sentAt: Moment, onError: OnError): Promise<void> {
    try {
      const feed = await this.#request(sentAt).catch((error: unknown) => {
        const now = momentAfter(sentAt);
        const passed = elapsed(sentAt, now);
        // On the edge a fetch that was sent later may have succeeded in the meantime.
        const wasRenewed = this.#copy !== undefined && this.#copy.age(now) < passed;
        if (passed >= HANG_MIN_MS && !wasRenewed) this.#hungAt = sentAt;
        throw error;
      });
      this.#hungAt = undefined;
      if (this.#copy && !this.#copy.add(feed, sentAt)) throw new TypeError('iat: the revocation feed is not newer than the last one');
      this.#copy ??= new FeedCopy(feed, sentAt);
    } catch (cause) {
      onError?.(new VerificationUnavailableError('The revocation feed was not renewed', undefined, { cause }));
    }
  }

  async #request(sentAt: Moment): Promise<FeedDocument> {
    const since = this.#mustBeWhole ? undefined : this.#copy?.nextSince(sentAt);
    const url = new URL(this.#url);
    if (since !== undefined) url.searchParams.set('since', String(since));
    // Called without `this`, because edge runtimes require that for the global `fetch`.
    const fetch = this.#fetch;
    const response = await fetch(url, { ...noStore(), redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    this.#mustBeWhole = response.status === 400;
    if (response.status !== 200) throw new TypeError(`the response has status ${response.status}`);
    const request = { issuer: this.#issuer, since, now: Math.floor(sentAt.wall / 1000) };
    return verifyFeed(await readText(response), request, this.#findKey);
  }
}

function isWithin(past: Moment | undefined, milliseconds: number, now: Moment): boolean {
  return past !== undefined && elapsed(past, now) < milliseconds;
}

/** The body, if it is not too long: a hostile cache must not fill the memory. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for (const reader = response.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    if (text.length <= FEED_MAX_BYTES) continue;
    await reader.cancel();
    throw new TypeError('the response is longer than 6 MiB');
  }
  return text + decoder.decode();
}
