//! Which sessions have ended, as far as this verifier has been informed? The entries of all feeds that have arrived.

use std::time::{Duration, SystemTime};

use super::document::{Entry, FeedDocument, entry_of};
use crate::access_token::Claims;

/// How long a copy is fresh.
const FRESH: Duration = Duration::from_secs(30);

/// How often the whole feed is fetched, which drops old entries.
const WHOLE_AFTER: Duration = Duration::from_secs(15 * 60);

/// How much lower than expected `iat` of a new feed may be, in seconds: the clocks of servers differ by up to a minute, and a feed is up to
/// 5 seconds old when it is requested.
const BEHIND_SECONDS: i64 = 70;

/// By how many minutes feeds overlap, because the clocks of servers differ by up to a minute and writes take time.
const OVERLAP_MINUTES: i64 = 2;

/// How much later than a revocation of everyone a token without `sst` may be issued to a session that it ended.
const LATE_TOKEN_SECONDS: i64 = 8;

/// One moment on both clocks.
///
/// The monotonic clock cannot be set, but it may stand still while a function is frozen. The wall clock goes on then, but it
/// can be set. The longer of the two distances counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) monotonic: Duration,
    pub(super) wall: SystemTime,
}

impl Moment {
    /// The time that has passed since `earlier`.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let by_wall = match self.wall.duration_since(earlier.wall) {
            Ok(passed) => passed,
            Err(set_back) => set_back.duration(),
        };
        self.monotonic.saturating_sub(earlier.monotonic).max(by_wall)
    }
}

/// The entries of the feeds that have arrived.
#[derive(Clone, Debug)]
pub(super) struct FeedCopy {
    /// The highest `iat`.
    issued_at: i64,
    /// When the request for the feed with the highest `iat` was sent.
    issued_by: Moment,
    /// The `iat` of the last feed.
    last_issued_at: i64,
    /// When the request for the last feed was sent that renewed the copy.
    renewed_at: Moment,
    /// When the request for the last whole feed was sent.
    whole_at: Moment,
    not_before: Option<i64>,
    ended: Vec<Entry>,
    /// The entries before the last whole feed. They are kept until the next one, because a server whose clock is ahead may
    /// have answered a whole feed that lacks the latest entries of the others.
    ended_before: Vec<Entry>,
}

/// The result for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The copy does not show its end.
    Live,
    /// The session has ended.
    Ended,
    /// The token is too old to decide it. A refresh brings a newer one, or the end of the session.
    OldToken,
}

impl FeedCopy {
    /// The copy after the first feed, whose request was sent at `sent_at`.
    pub(super) fn new(feed: &FeedDocument, sent_at: Moment) -> Self {
        Self {
            issued_at: feed.issued_at,
            issued_by: sent_at,
            last_issued_at: feed.issued_at,
            renewed_at: sent_at,
            whole_at: sent_at,
            not_before: feed.not_before,
            ended: feed.ended.clone(),
            ended_before: vec![],
        }
    }

    /// Adds a feed whose request was sent at `sent_at`. Returns whether it renews the copy.
    ///
    /// The entries of every feed count: they are signed, and a session that has ended stays so. Only a feed that is newer than all
    /// before replaces the entries, so that no feed that a cache or an attacker kept takes an entry back.
    pub(super) fn add(&mut self, feed: &FeedDocument, sent_at: Moment) -> bool {
        let is_newer = feed.issued_at > self.issued_at;
        let renews = is_newer || self.may_be_new(feed, sent_at);
        self.last_issued_at = feed.issued_at;
        if is_newer {
            self.issued_at = feed.issued_at;
            self.issued_by = sent_at;
        }
        if renews {
            self.renewed_at = sent_at;
        }
        if renews && feed.since.is_none() {
            self.whole_at = sent_at;
        }
        self.not_before = self.not_before.max(feed.not_before);
        if is_newer && feed.since.is_none() {
            self.ended_before = std::mem::replace(&mut self.ended, feed.ended.clone());
        } else {
            self.ended = union(&self.ended, &feed.ended);
        }
        renews
    }

    /// Whether a feed with a lower `iat` than an earlier one may be new all the same: the earlier one may come from a server whose clock
    /// is up to a minute ahead of the others, and verifiers must not be without a fresh copy until the others have caught up.
    ///
    /// A cache or an attacker that repeats older feeds delays a revocation by 70 s at most in this way, and one feed that is repeated
    /// renews nothing. Feeds of all ages up to 90 s are accepted by a verifier without a copy, so that this is no longer than the
    /// delay that such a cache can cause in any case.
    fn may_be_new(&self, feed: &FeedDocument, sent_at: Moment) -> bool {
        let passed = i64::try_from(sent_at.since(self.issued_by).as_secs()).unwrap_or(i64::MAX);
        let expected = self.issued_at.saturating_add(passed);
        feed.issued_at != self.last_issued_at && feed.issued_at >= expected.saturating_sub(BEHIND_SECONDS)
    }

    /// The time since the copy was renewed.
    pub(super) fn age(&self, now: Moment) -> Duration {
        now.since(self.renewed_at)
    }

    /// Whether the copy may decide that a session is live.
    pub(super) fn is_fresh(&self, now: Moment) -> bool {
        self.age(now) < FRESH
    }

    /// The `since` of the next request. `None`: the whole feed is due.
    pub(super) fn next_since(&self, now: Moment) -> Option<i64> {
        let is_whole_due = now.since(self.whole_at) >= WHOLE_AFTER;
        let minute = self.issued_at.div_euclid(60).saturating_sub(OVERLAP_MINUTES);
        (!is_whole_due && minute >= 0).then_some(minute)
    }

    /// The result for the session of these claims.
    pub(super) fn find(&self, claims: &Claims) -> Finding {
        let entry = entry_of(&claims.sid);
        let is_entry = |entries: &[Entry]| entries.binary_search(&entry).is_ok();
        if is_entry(&self.ended) || is_entry(&self.ended_before) {
            return Finding::Ended;
        }
        let Some(not_before) = self.not_before else { return Finding::Live };
        match claims.sst {
            Some(start) if start <= not_before => Finding::Ended,
            None if claims.iat.saturating_sub(LATE_TOKEN_SECONDS) <= not_before => Finding::OldToken,
            _ => Finding::Live,
        }
    }
}

/// All entries of two ascending lists, in ascending order and without repeats.
fn union(left: &[Entry], right: &[Entry]) -> Vec<Entry> {
    let mut all = [left, right].concat();
    // A stable sort takes linear time for two sorted halves.
    all.sort();
    all.dedup();
    all
}
