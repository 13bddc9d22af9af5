//! The counter as the table keeps it, played in memory: add, decide, take back what is refused.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::limit::LimitMode;

fn policy(attempts: u32, window: u64, block: Option<u64>) -> Policy {
    Policy {
        name: "general",
        attempts,
        window: Duration::from_secs(window),
        block: block.map(Duration::from_secs),
        mode: LimitMode::Enforce,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + seconds)
}

/// A row and what the store does to it.
#[derive(Default)]
struct Row {
    counts: SubWindowCounts,
    blocked_until: Option<Timestamp>,
}

impl Row {
    fn attempt(&mut self, policy: &Policy, now: Timestamp) -> Result<Quota, Timestamp> {
        if let Some(until) = self.blocked_until.filter(|until| now < *until) {
            return Err(until);
        }
        let slot = SubWindows::of(policy).index(now);
        *self.counts.0.entry(slot).or_default() += 1;
        match decide(policy, &self.counts, now) {
            LimitDecision::WithinLimit(standing) => Ok(standing),
            LimitDecision::OverLimit(until) => {
                *self.counts.0.entry(slot).or_default() -= 1;
                self.blocked_until = Some(until);
                Err(until)
            }
        }
    }
}

#[test]
fn a_window_is_never_cut_longer_than_it_is() {
    for window in 1..4_000 {
        let sub_windows = SubWindows::of(&policy(1, window, None));
        let length = u64::try_from(sub_windows.seconds * sub_windows.parts).unwrap();
        assert!(length <= window && length * 10 >= window * 9, "{window}: {sub_windows:?}");
        assert!(sub_windows.parts < 20, "{window}: a row of {} numbers", sub_windows.parts);
    }
}

#[test]
fn racing_attempts_that_are_not_yet_taken_back_promise_the_same_second() {
    let policy = policy(5, 900, None);
    let slot = SubWindows::of(&policy).index(at(0));
    let lone = SubWindowCounts([(slot, 6)].into());
    let crowd = SubWindowCounts([(slot, 60)].into());
    assert_eq!(decide(&policy, &lone, at(0)), decide(&policy, &crowd, at(0)));
}

#[test]
fn counts_older_than_the_window_or_taken_back_late_are_ignored() {
    let policy = policy(5, 900, None);
    let slot = SubWindows::of(&policy).index(at(0));
    let counts = SubWindowCounts([(slot - 10, 50), (slot - 9, -3), (slot, 1)].into());
    let LimitDecision::WithinLimit(standing) = decide(&policy, &counts, at(0)) else { panic!("refused") };
    assert_eq!(standing.remaining, 4);
}

#[test]
fn a_sub_window_without_attempts_does_not_delay_the_reset() {
    let policy = policy(5, 900, None);
    let sub_windows = SubWindows::of(&policy);
    let slot = sub_windows.index(at(0));
    let start = Timestamp::from_seconds(slot * 90);
    let counts = SubWindowCounts([(slot - 8, 0), (slot - 7, 1), (slot, 1)].into());
    let LimitDecision::WithinLimit(quota) = decide(&policy, &counts, start) else { panic!("refused") };
    assert_eq!(quota, Quota { remaining: 3, reset_seconds: 3 * 90 });
}

proptest! {
    #[test]
    fn every_second_before_the_promised_one_refuses_and_the_promised_one_passes(
        attempts in 1_u32..8, window in 1_u64..200, block in proptest::option::of(0_u64..300),
        gaps in proptest::collection::vec(0_i64..20, 1..60),
    ) {
        let policy = policy(attempts, window, block);
        let (mut row, mut now) = (Row::default(), at(0));
        for gap in gaps {
            now = now + Duration::from_secs(u64::try_from(gap).unwrap());
            let Err(until) = row.attempt(&policy, now) else { continue };
            prop_assert!(until > now);
            prop_assert!(block.is_none_or(|block| until >= now + Duration::from_secs(block)));
            while now < until {
                prop_assert_eq!(row.attempt(&policy, now), Err(until), "a block is not prolonged");
                now = now + Duration::from_secs(1);
            }
            prop_assert!(row.attempt(&policy, until).is_ok(), "the promised second passes");
        }
    }

    #[test]
    fn a_steady_trickle_under_the_rate_is_never_refused(
        attempts in 1_u32..50, window in 1_u64..2_000, start in 0_i64..1_000,
    ) {
        let policy = policy(attempts, window, Some(900));
        let step = window.div_ceil(u64::from(attempts));
        let (mut row, mut now) = (Row::default(), at(start));
        for number in 0..200 {
            prop_assert!(row.attempt(&policy, now).is_ok(), "attempt {number}, one in {step} s");
            now = now + Duration::from_secs(step);
        }
    }

    #[test]
    fn no_nine_tenths_of_a_window_let_more_than_the_limit_through(
        attempts in 1_u32..10, window in 10_u64..300, gaps in proptest::collection::vec(0_u64..40, 1..120),
    ) {
        let policy = policy(attempts, window, None);
        let (mut row, mut now, mut passed) = (Row::default(), at(0), vec![]);
        for gap in gaps {
            now = now + Duration::from_secs(gap);
            if row.attempt(&policy, now).is_ok() {
                passed.push(now);
            }
        }
        let sub_windows = SubWindows::of(&policy);
        let sure = Duration::from_secs(u64::try_from(sub_windows.seconds * (sub_windows.parts - 1)).unwrap());
        for (index, first) in passed.iter().enumerate() {
            let within = passed[index..].iter().filter(|moment| moment.distance(*first) < sure).count();
            prop_assert!(within <= attempts as usize, "{within} in {sure:?}");
        }
    }

    #[test]
    fn the_headers_second_gives_room(attempts in 1_u32..20, window in 1_u64..900) {
        let policy = policy(attempts, window, None);
        let mut row = Row::default();
        for _ in 1..attempts {
            row.attempt(&policy, at(0)).unwrap();
        }
        let full = row.attempt(&policy, at(0)).unwrap();
        prop_assert_eq!(full.remaining, 0);
        let later = at(0) + Duration::from_secs(full.reset_seconds);
        prop_assert!(row.attempt(&policy, later).is_ok());
    }
}
