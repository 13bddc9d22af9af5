//! For how long has the topic taken no alert, as far as this process has seen?
//!
//! A restarted process counts again from its first failure. That is harmless, because Lambda repeats a record for six hours at most.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The longest time between two failures of one run. While an alert fails, Lambda repeats its batch at least every minute.
const GAP_MAX: Duration = Duration::from_secs(5 * 60);

/// The failures since the topic last took an alert.
#[derive(Debug, Default)]
pub(super) struct TopicFailures(Mutex<Option<Run>>);

/// The times of the first failure and of the last one, in Unix milliseconds.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u64,
    last: u64,
}

impl TopicFailures {
    /// Adds a failure. Returns the time since the first one.
    pub(super) fn add(&self, now_millis: u64) -> Duration {
        let mut run = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = |earlier: u64| Duration::from_millis(now_millis.saturating_sub(earlier));
        let first = run.filter(|run| since(run.last) <= GAP_MAX).map_or(now_millis, |run| run.first);
        *run = Some(Run { first, last: now_millis });
        since(first)
    }

    /// Forgets the failures, because the topic took an alert.
    pub(super) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_from_the_first_one_without_a_long_pause() {
        let failures = TopicFailures::default();
        let at = |seconds: u64| failures.add(seconds * 1_000).as_secs();
        assert_eq!([at(1_000), at(1_060), at(1_360)], [0, 60, 360]);
        assert_eq!([at(1_661), at(1_662)], [0, 1], "more than five minutes later");
        failures.clear();
        assert_eq!([at(1_663), at(1_664)], [0, 1], "the topic took an alert in between");
        assert_eq!(at(1_000), 0, "a clock that was set back");
    }
}
