//! How much of a window is used, when it slides? Attempts are counted in sub-windows, and a sub-window that
//! is a window old no longer counts.
//!
//! A window is cut into ten or a few more sub-windows of whole seconds that together are never longer than
//! the window: so a steady trickle under the rate is never refused, and a burst gets through again after nine
//! tenths of the window at the earliest. *Source*: the counter of many small buckets is as old as traffic
//! shaping; what is here is the one that DynamoDB can keep with a single `ADD`.

use std::collections::BTreeMap;

use super::{Policy, Quota};
use crate::domain::time::Timestamp;

/// Into how many sub-windows a window is cut.
const PARTS: u64 = 10;

/// How a policy's window is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowBuckets {
    /// Seconds of a sub-window.
    pub seconds: i64,
    /// How many of them count.
    pub parts: i64,
}

/// Attempts by sub-window, as a row holds them. Older ones may still be there; they do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketCounts(pub BTreeMap<i64, i64>);

/// What an attempt that has been counted gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitDecision {
    /// It is within the limit.
    WithinLimit(Quota),
    /// It is over the limit: refused until this second, at which one passes again.
    OverLimit(Timestamp),
}

impl WindowBuckets {
    /// The cut of a window.
    pub fn of(policy: &Policy) -> Self {
        let window = policy.window.as_secs().max(1);
        let seconds = (window / PARTS).max(1);
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self { seconds: whole(seconds), parts: whole(window / seconds) }
    }

    /// The sub-window of a moment.
    pub fn index(self, moment: Timestamp) -> i64 {
        moment.seconds().div_euclid(self.seconds)
    }

    /// When a sub-window that began with `index` no longer counts.
    fn leaves(self, index: i64) -> Timestamp {
        Timestamp::from_seconds((index + self.parts).saturating_mul(self.seconds))
    }
}

impl BucketCounts {
    /// What counts at `now`, oldest first. A refused attempt takes itself back, and may do so late.
    fn counting(&self, cut: WindowBuckets, now: Timestamp) -> impl DoubleEndedIterator<Item = (i64, i64)> {
        let newest = cut.index(now);
        let range = (newest - cut.parts + 1)..=newest;
        self.0.range(range).map(|(index, count)| (*index, (*count).max(0)))
    }

    /// How much is used at `now`.
    pub fn total(&self, cut: WindowBuckets, now: Timestamp) -> i64 {
        self.counting(cut, now).map(|(_, count)| count).sum()
    }
}

/// Judges an attempt at `now` that is the last one in `counts`.
pub fn judge(policy: &Policy, counts: &BucketCounts, now: Timestamp) -> LimitDecision {
    let cut = WindowBuckets::of(policy);
    let total = counts.total(cut, now);
    let most = i64::from(policy.attempts);
    if total <= most {
        let remaining = u32::try_from(most - total).unwrap_or(0);
        let oldest = counts.counting(cut, now).find(|(_, count)| *count > 0);
        let reset = oldest.map_or(now, |(index, _)| cut.leaves(index));
        return LimitDecision::WithinLimit(Quota { remaining, reset_seconds: now.seconds_until(reset) });
    }
    let room = room_at(counts, cut, now, total - most);
    LimitDecision::OverLimit(room.max(now + policy.block.unwrap_or_default()))
}

/// When one more attempt fits, once those that are over the limit have taken themselves back.
fn room_at(counts: &BucketCounts, cut: WindowBuckets, now: Timestamp, surplus: i64) -> Timestamp {
    let mut surplus = surplus;
    let mut oldest = now + std::time::Duration::from_secs(1);
    // What is over the limit came last: it is taken from the newest.
    for (index, count) in counts.counting(cut, now).rev() {
        let stays = count - surplus.min(count);
        surplus -= count - stays;
        if stays > 0 {
            oldest = cut.leaves(index);
        }
    }
    oldest
}

#[cfg(test)]
mod tests;
