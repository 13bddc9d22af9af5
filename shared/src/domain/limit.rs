//! Rate limits: a policy, and the state of a window.
//!
//! The window of a session's refresh limit is part of its row and its token ([`Window`]). All other limits are counted
//! in a table of their own ([`sliding_window`]).

pub mod sliding_window;

use std::time::Duration;

use crate::domain::time::Timestamp;

/// A named limit: a number of attempts in a window, then a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name in settings, keys, responses and the audit trail.
    pub name: &'static str,
    /// Attempts that a window permits.
    pub attempts: u32,
    /// The length of the window.
    pub window: Duration,
    /// How long a client over the limit is refused. Without it, until the window resets.
    pub block: Option<Duration>,
    /// The effect on attempts over the limit.
    pub mode: LimitMode,
}

/// The effect of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitMode {
    /// It refuses attempts over the limit.
    Enforce,
    /// It counts and reports what it would have refused, and changes no response.
    Shadow,
    /// It does nothing.
    Off,
}

/// A window in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The second of its first attempt.
    pub start: Timestamp,
    /// Attempts counted since.
    pub count: u32,
}

/// The decision about one more attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Counted. This is the window now.
    Counted(Window),
    /// Refused until this second. An attempt at that second is counted again.
    Refused(Timestamp),
}

impl Policy {
    /// Decides about one attempt at `now`. A window begins with its first attempt, so that a steady rate under the limit
    /// is never refused.
    pub fn attempt(&self, window: Window, now: Timestamp) -> Decision {
        let end = window.start + self.window;
        if now >= end || now < window.start {
            return Decision::Counted(Window { start: now, count: 1 });
        }
        if window.count < self.attempts || self.mode != LimitMode::Enforce {
            return Decision::Counted(Window { start: window.start, count: window.count.saturating_add(1) });
        }
        // A block shorter than the rest of the window must not promise a second at which the attempt is refused again.
        let block_end = now + self.block.unwrap_or_default();
        Decision::Refused(block_end.max(end))
    }

    /// Attempts left in `window` at `now`, and seconds until the window resets.
    pub fn quota(&self, window: Window, now: Timestamp) -> Quota {
        let end = window.start + self.window;
        if now >= end {
            return Quota { remaining: self.attempts, reset_seconds: 0 };
        }
        Quota { remaining: self.attempts.saturating_sub(window.count), reset_seconds: now.seconds_until(end) }
    }
}

/// The remaining quota, as the `RateLimit` header reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Attempts left.
    pub remaining: u32,
    /// Seconds until the window resets.
    pub reset_seconds: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy(attempts: u32, window: u64, block: Option<u64>) -> Policy {
        Policy {
            name: "refresh",
            attempts,
            window: Duration::from_secs(window),
            block: block.map(Duration::from_secs),
            mode: LimitMode::Enforce,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_steady_trickle_under_the_rate_is_never_refused() {
        let policy = policy(20, 300, Some(900));
        let mut window = Window { start: at(0), count: 1 };
        for minute in (4..400).step_by(4) {
            let Decision::Counted(next) = policy.attempt(window, at(minute * 60)) else { panic!("refused") };
            window = next;
        }
    }

    #[test]
    fn the_quota_is_the_rest_of_the_window() {
        let policy = policy(5, 300, None);
        let quota = |count, now| policy.quota(Window { start: at(0), count }, at(now));
        assert_eq!(quota(2, 100), Quota { remaining: 3, reset_seconds: 200 });
        assert_eq!(quota(6, 299), Quota { remaining: 0, reset_seconds: 1 });
        assert_eq!(quota(5, 300), Quota { remaining: 5, reset_seconds: 0 });
    }

    #[test]
    fn a_window_that_begins_in_the_future_is_replaced() {
        let future = Window { start: at(1), count: 5 };
        let replaced = Decision::Counted(Window { start: at(0), count: 1 });
        assert_eq!(policy(5, 300, None).attempt(future, at(0)), replaced);
        let current = Window { start: at(0), count: 1 };
        assert_eq!(
            policy(5, 300, None).attempt(current, at(0)),
            Decision::Counted(Window { start: at(0), count: 2 })
        );
    }

    #[test]
    fn a_limit_that_does_not_enforce_counts_on() {
        for mode in [LimitMode::Shadow, LimitMode::Off] {
            let policy = Policy { mode, ..policy(1, 300, Some(900)) };
            let full = Window { start: at(0), count: 1 };
            assert_eq!(policy.attempt(full, at(1)), Decision::Counted(Window { start: at(0), count: 2 }));
        }
    }

    proptest! {
        #[test]
        fn every_second_before_the_promised_one_refuses_and_the_promised_one_counts(
            attempts in 1_u32..50, length in 1_u64..4_000, block in proptest::option::of(0_u64..4_000), late in 0_u64..4_000,
        ) {
            let policy = policy(attempts, length, block);
            let full = Window { start: at(0), count: attempts };
            let now = at(i64::try_from(late % length).unwrap());
            let Decision::Refused(until) = policy.attempt(full, now) else { panic!("a full window let one through") };
            prop_assert!(until > now);
            prop_assert_eq!(policy.attempt(full, until), Decision::Counted(Window { start: until, count: 1 }));
        }

        #[test]
        fn a_window_lets_exactly_its_attempts_through(attempts in 1_u32..200) {
            let policy = policy(attempts, 300, None);
            let mut window = Window { start: at(0), count: 0 };
            for _ in 0..attempts {
                let Decision::Counted(next) = policy.attempt(window, at(1)) else { panic!("refused too early") };
                window = next;
            }
            prop_assert!(matches!(policy.attempt(window, at(1)), Decision::Refused(_)));
        }
    }
}
