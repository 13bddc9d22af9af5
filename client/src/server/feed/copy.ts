/** Which sessions have ended, as far as this process has been informed? The entries of all feeds that have arrived. */

import type { AccessTokenClaims } from '../claims.js';
import { entryOf, type FeedDocument } from './document.js';

const FRESH_MS = 30_000;
const WHOLE_AFTER_MS = 15 * 60_000;

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
  #issuedAt: number;
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
    this.#renewedAt = sentAt;
    this.#wholeAt = sentAt;
    this.#notBefore = feed.notBefore;
    this.#ended = new Set(feed.ended);
  }

  /**
   * Adds a feed, and returns whether it is newer than all before.
   *
   * An older feed cannot renew the copy, because a cache or an attacker may have kept it. Its entries count all the same: they are
   * signed, and a session that has ended stays so. This is how two servers whose clocks differ are both right.
   */
  add(feed: FeedDocument, sentAt: Moment): boolean {
    const isNewer = feed.issuedAt > this.#issuedAt;
    if (isNewer) {
      this.#issuedAt = feed.issuedAt;
      this.#renewedAt = sentAt;
    }
    if (feed.notBefore !== undefined) this.#notBefore = Math.max(feed.notBefore, this.#notBefore ?? feed.notBefore);
    if (isNewer && feed.since === undefined) {
      this.#wholeAt = sentAt;
      this.#endedBefore = this.#ended;
      this.#ended = new Set(feed.ended);
    } else {
      for (const entry of feed.ended) this.#ended.add(entry);
    }
    return isNewer;
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
