//! How often may something happen? A policy, and where a caller stands in its window.
//!
//! A refresh's window travels in its token and lies in its row ([`Window`]); everything else is counted in
//! sub-windows in a table of its own ([`sliding`]).

pub mod sliding_window;

use std::time::Duration;

use crate::domain::time::Timestamp;

/// A named limit: so many attempts in a window, then a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name on the wire, in keys and in the trail.
    pub name: &'static str,
    /// Attempts a window lets through.
    pub attempts: u32,
    /// The window's length.
    pub window: Duration,
    /// How long a caller over the limit is refused; without it, until the window ends.
    pub block: Option<Duration>,
    /// What it does to who is over it.
    pub mode: LimitMode,
}

/// What a limit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitMode {
    /// It refuses.
    Enforce,
    /// It counts and reports what it would have refused, and changes no answer.
    Shadow,
    /// Nothing.
    Off,
}

/// A window that is under way: when it began and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The second of its first attempt.
    pub start: Timestamp,
    /// Attempts counted since.
    pub count: u32,
}

/// What a policy says of one more attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Counted; this is the window now.
    Counted(Window),
    /// Refused until this second; the attempt at it passes again.
    Refused(Timestamp),
}

impl Policy {
    /// Decides one attempt at `now`. A window begins with its first attempt, so a steady trickle
    /// under the rate is never refused.
    pub fn attempt(&self, window: Window, now: Timestamp) -> Decision {
        let end = window.start + self.window;
        if now >= end || now < window.start {
            return Decision::Counted(Window { start: now, count: 1 });
        }
        if window.count < self.attempts || self.mode != LimitMode::Enforce {
            return Decision::Counted(Window { start: window.start, count: window.count.saturating_add(1) });
        }
        // A block shorter than what is left of the window would promise a second that refuses again.
        let block_end = now + self.block.unwrap_or_default();
        Decision::Refused(block_end.max(end))
    }

    /// Attempts left in `window` at `now`, and seconds until it is new.
    pub fn quota(&self, window: Window, now: Timestamp) -> Quota {
        let end = window.start + self.window;
        if now >= end {
            return Quota { remaining: self.attempts, reset_seconds: 0 };
        }
        Quota { remaining: self.attempts.saturating_sub(window.count), reset_seconds: now.seconds_until(end) }
    }
}

/// Where a caller stands, as the `RateLimit` header tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Attempts left.
    pub remaining: u32,
    /// Seconds until the window is new.
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
