/** Which sessions have ended, as far as this process has been informed? The entries of all feeds that have arrived. */

import type { AccessTokenClaims } from '../claims.js';
import { entryOf, type FeedDocument } from './document.js';

const FRESH_MS = 30_000;
const WHOLE_AFTER_MS = 15 * 60_000;

/** How much lower than expected `iat` of a new feed may be: clocks of servers differ by up to a minute, and a feed is up to 5 seconds old. */
const BEHIND_SECONDS = 70;

/** Feeds overlap, because the clocks of servers differ by up to a minute and writes take time. */
const OVERLAP_MINUTES = 2;

/** How much later than a revocation of everyone a token without `sst` may be issued to a session that it ended. */
const LATE_TOKEN_SECONDS = 8;

/**
 * One moment on both clocks, in milliseconds.
 *
 * The monotonic clock cannot be set, but it may stand still while a function is frozen. The wall clock goes on then, but it can be set.
 * The longer of the two distances counts.
 */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** Milliseconds from one moment to a later one. */
export function elapsed(from: Moment, to: Moment): number {
  return Math.max(to.monotonic - from.monotonic, Math.abs(to.wall - from.wall));
}

/** The result for a session. `old_token`: the token is too old to decide it, and a refresh brings a newer one. */
export type Finding = 'live' | 'ended' | 'old_token';

/** The entries of the feeds that have arrived. */
export class FeedCopy {
  /** The highest `iat`, and when the request for that feed was sent. */
  #issuedAt: number;
  #issuedBy: Moment;
  #lastIssuedAt: number;
  #renewedAt: Moment;
  #wholeAt: Moment;
  #notBefore: number | undefined;
  #ended: Set<bigint>;
  /**
   * The entries before the last whole feed. They are kept until the next one, because a server whose clock is ahead may have answered a
   * whole feed that lacks the latest entries of the others.
   */
  #endedBefore: ReadonlySet<bigint> = new Set();

  /** The copy after the first feed, whose request was sent at `sentAt`. */
  constructor(feed: FeedDocument, sentAt: Moment) {
    this.#issuedAt = feed.issuedAt;
    this.#issuedBy = sentAt;
    this.#lastIssuedAt = feed.issuedAt;
    this.#renewedAt = sentAt;
    this.#wholeAt = sentAt;
    this.#notBefore = feed.notBefore;
    this.#ended = new Set(feed.ended);
  }

  /**
   * Adds a feed, and returns whether it renews the copy.
   *
   * The entries of every feed count: they are signed, and a session that has ended stays so. Only a feed that is newer than all before
   * replaces the entries, so that no feed that a cache or an attacker kept takes an entry back.
   */
  add(feed: FeedDocument, sentAt: Moment): boolean {
    const isNewer = feed.issuedAt > this.#issuedAt;
    const renews = isNewer || this.#mayBeNew(feed, sentAt);
    this.#lastIssuedAt = feed.issuedAt;
    if (isNewer) {
      this.#issuedAt = feed.issuedAt;
      this.#issuedBy = sentAt;
    }
    if (renews) this.#renewedAt = sentAt;
    if (renews && feed.since === undefined) this.#wholeAt = sentAt;
    if (feed.notBefore !== undefined) this.#notBefore = Math.max(feed.notBefore, this.#notBefore ?? feed.notBefore);
    if (isNewer && feed.since === undefined) {
      this.#endedBefore = this.#ended;
      this.#ended = new Set(feed.ended);
    } else {
      for (const entry of feed.ended) this.#ended.add(entry);
    }
    return renews;
  }

  /**
   * Whether a feed with a lower `iat` than an earlier one may be new all the same: the earlier one may come from a server whose clock is
   * up to a minute ahead of the others. A cache that repeats older feeds delays a revocation by 70 s at most in this way, which
   * is no longer than in any case, because feeds of up to 90 s are accepted without a copy. One feed that is repeated renews nothing.
   */
  #mayBeNew(feed: FeedDocument, sentAt: Moment): boolean {
    const expected = this.#issuedAt + Math.floor(elapsed(this.#issuedBy, sentAt) / 1000);
    return feed.issuedAt !== this.#lastIssuedAt && feed.issuedAt >= expected - BEHIND_SECONDS;
  }

  /** Milliseconds since the copy was renewed. */
  age(now: Moment): number {
    return elapsed(this.#renewedAt, now);
  }

  /** Whether the copy may decide that a session is live. */
  isFresh(now: Moment): boolean {
    return this.age(now) < FRESH_MS;
  }

  /** The `since` of the next request. `undefined`: the whole feed is due. */
  nextSince(now: Moment): number | undefined {
    const minute = Math.floor(this.#issuedAt / 60) - OVERLAP_MINUTES;
    return elapsed(this.#wholeAt, now) >= WHOLE_AFTER_MS || minute < 0 ? undefined : minute;
  }

  /** The result for the session of these claims. */
  find({ sid, sst, iat }: AccessTokenClaims): Finding {
    const entry = entryOf(sid);
    if (this.#ended.has(entry) || this.#endedBefore.has(entry)) return 'ended';
    if (this.#notBefore === undefined) return 'live';
    if (sst !== undefined) return sst <= this.#notBefore ? 'ended' : 'live';
    return iat - LATE_TOKEN_SECONDS <= this.#notBefore ? 'old_token' : 'live';
  }
}
