/**
 * When is the feed fetched? When the copy is 4 seconds old, and at most every 4 seconds.
 *
 * | the copy is | a request |
 * |---|---|
 * | younger than 4 s | uses it |
 * | older, and a fetch is under way | uses it up to 5 s of age or if a fetch of the last 10 s failed, else waits for the fetch |
 * | older, and the last fetch began less than 4 s ago | uses it |
 * | older | fetches the feed and waits |
 *
 * So a copy that a request uses is at most 5 seconds old while the feed can be reached. The feed may be 5 seconds old when it is requested: 1
 * in the copy of a function, 2 on its way to a cache, and 2 in that cache. So a revocation is seen within 10. No timer outlives its request,
 * because a function or an edge runtime is frozen between requests.
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
/** How long a fetch that failed shows that the feed cannot be reached: the time within which a revocation is seen otherwise. */
const DOWN_MS = 10_000;
/** How often a request on the edge looks whether the fetch of another one has ended. */
const LOOK_MS = 50;
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

/** The copy of one issuer's feed and the fetch that renews it. */
export class FeedRenewal {
  readonly #issuer: string;
  readonly #url: URL;
  readonly #findKey: FindKeyByHeader;
  readonly #fetch: Fetch;
  #copy: FeedCopy | undefined;
  #triedAt: Moment | undefined;
  /** When the last fetch was sent, if it has failed. A feed that arrived counts as success, whatever its age. */
  #failedAt: Moment | undefined;
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
  async renew(now: Moment, onError: OnError): Promise<void> {
    const age = this.#copy?.age(now) ?? Number.POSITIVE_INFINITY;
    if (age < POLL_MS) return;
    const isDown = isWithin(this.#failedAt, DOWN_MS, now);
    const wasTried = isWithin(this.#triedAt, POLL_MS, now);
    if (this.#pending && isWithin(this.#pending.sentAt, ABANDONED_AFTER_MS, now)) {
      if (age < PATIENCE_MS || (this.#copy && isDown)) return;
      if (!isEdge()) return this.#pending.done;
      if (this.#copy) return this.#waitOnEdge(this.#pending);
      // Without a copy a request sends a fetch of its own, because that of the other one ends if its client leaves.
      if (isDown && wasTried) return;
    } else if (wasTried) {
      return;
    }
    this.#triedAt = now;
    const done = this.#load(now, onError).finally(() => {
      if (this.#pending === pending) this.#pending = undefined;
    });
    const pending = { sentAt: now, done };
    this.#pending = pending;
    return done;
  }

  /** On the edge a request may not wait for the I/O of another request. A timer is its own. */
  async #waitOnEdge(pending: PendingFetch): Promise<void> {
    // The keys may be fetched after the feed, each within the time-out.
    for (let left = (2 * TIMEOUT_MS) / LOOK_MS; left > 0 && this.#pending === pending; left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #load(sentAt: Moment, onError: OnError): Promise<void> {
    try {
      const feed = await this.#request(sentAt).catch((error: unknown) => {
        this.#failedAt = sentAt;
        throw error;
      });
      this.#failedAt = undefined;
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
