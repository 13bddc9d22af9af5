//! A sliding window: attempts are counted in sub-windows, and a sub-window as old as the window no longer counts.
//!
//! A window is divided into ten or a few more sub-windows of whole seconds, which together are never longer than the
//! window. So a steady rate under the limit is never refused, and a burst is accepted again after nine tenths of the
//! window at the earliest. Counters in small sub-windows are a common technique of traffic shaping; this form is the one
//! that DynamoDB can maintain with a single `ADD`.

use std::collections::BTreeMap;

use super::{Policy, Quota};
use crate::domain::time::Timestamp;

/// The number of sub-windows, at least.
const PARTS: u64 = 10;

/// How a policy's window is divided into sub-windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubWindows {
    /// Length of a sub-window in seconds.
    pub seconds: i64,
    /// Number of sub-windows that count.
    pub parts: i64,
}

/// Attempts in each sub-window, as a row holds them. Older sub-windows may still be present and do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubWindowCounts(pub BTreeMap<i64, i64>);

/// The decision about an attempt that has been counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitDecision {
    /// Within the limit.
    WithinLimit(Quota),
    /// Over the limit: refused until this second.
    OverLimit(Timestamp),
}

impl SubWindows {
    /// The sub-windows of a policy.
    pub fn of(policy: &Policy) -> Self {
        let window = policy.window.as_secs().max(1);
        let seconds = (window / PARTS).max(1);
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self { seconds: whole(seconds), parts: whole(window / seconds) }
    }

    /// The index of the sub-window that contains a moment.
    pub fn index(self, moment: Timestamp) -> i64 {
        moment.seconds().div_euclid(self.seconds)
    }

    /// When the sub-window `index` no longer counts.
    fn leaves(self, index: i64) -> Timestamp {
        Timestamp::from_seconds((index + self.parts).saturating_mul(self.seconds))
    }
}

impl SubWindowCounts {
    /// The sub-windows that count at `now`, oldest first. A refused attempt is subtracted again, possibly late, so that
    /// a count may be negative for a moment.
    fn counting(
        &self,
        sub_windows: SubWindows,
        now: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (i64, i64)> {
        let newest = sub_windows.index(now);
        let range = (newest - sub_windows.parts + 1)..=newest;
        self.0.range(range).map(|(index, count)| (*index, (*count).max(0)))
    }

    /// Attempts that count at `now`.
    pub fn total(&self, sub_windows: SubWindows, now: Timestamp) -> i64 {
        self.counting(sub_windows, now).map(|(_, count)| count).sum()
    }
}

/// Decides about an attempt at `now`, which `counts` already includes.
pub fn decide(policy: &Policy, counts: &SubWindowCounts, now: Timestamp) -> LimitDecision {
    let sub_windows = SubWindows::of(policy);
    let total = counts.total(sub_windows, now);
    let most = i64::from(policy.attempts);
    // Attempts over the limit came last and are subtracted again, so that the oldest sub-window with attempts is the first
    // to give room.
    let oldest = counts.counting(sub_windows, now).find(|(_, count)| *count > 0);
    let room = oldest.map_or(now, |(index, _)| sub_windows.leaves(index));
    if total <= most {
        let remaining = u32::try_from(most - total).unwrap_or(0);
        return LimitDecision::WithinLimit(Quota { remaining, reset_seconds: now.seconds_until(room) });
    }
    LimitDecision::OverLimit(room.max(now + policy.block.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
