//! Many sessions, in parallel. Each has a seed of its own, so that the results do not depend on the number of threads.

use std::ops::Range;
use std::thread;

use crate::server::Variant;
use crate::simulator::Rules;
use crate::simulator::habits::{Habits, Millis};
use crate::simulator::night::{Outcome, Session};
use crate::simulator::thief::Plan;

/// A session lives for 30 days at most.
pub const LONGEST_SESSION: i64 = 30;

/// The sums over many nights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nights {
    /// The nights.
    pub nights: u64,
    /// Refreshes of the users that were answered with a token.
    pub refreshes: u64,
    /// Those that repeated the current token.
    pub replays: u64,
    /// Answers with 409.
    pub conflicts: u64,
    /// Users that were signed out as if a thief had their token.
    pub sign_outs: u64,
}

impl Nights {
    /// Honest sign-outs per million refreshes.
    #[expect(clippy::cast_precision_loss, reason = "counts of some millions")]
    pub fn per_million(&self) -> f64 {
        self.sign_outs as f64 * 1e6 / self.refreshes as f64
    }
}

/// Nights of honest users, one session each.
pub fn honest(rules: Rules, habits: &Habits, seeds: Range<u64>) -> Nights {
    in_parallel(seeds, |seed| Session::new(rules, habits, None, seed).live(1)).iter().fold(
        Nights::default(),
        |sum, night| Nights {
            nights: sum.nights + 1,
            refreshes: sum.refreshes + night.refreshes,
            replays: sum.replays + night.replays,
            conflicts: sum.conflicts + night.conflicts,
            sign_outs: sum.sign_outs + u64::from(night.ended_at.is_some()),
        },
    )
}

/// How long each thief had a part in the session, the shortest first. `LONGEST_SESSION` days: it was never noticed.
pub fn thieves(rules: Rules, plan: Plan, seeds: Range<u64>) -> Vec<Millis> {
    if rules.rule.variant == Variant::Bound {
        // Without the key of the device, the first request is refused.
        return seeds.map(|_| 0).collect();
    }
    let habits = Habits::ORDINARY;
    let lives =
        in_parallel(seeds, |seed| Session::new(rules, &habits, Some(plan), seed).live(LONGEST_SESSION));
    let mut lives: Vec<_> = lives.iter().filter_map(|session| session.thief_lived).collect();
    lives.sort_unstable();
    lives
}

fn in_parallel(seeds: Range<u64>, session: impl Fn(u64) -> Outcome + Sync) -> Vec<Outcome> {
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let session = &session;
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let length = seeds.end - seeds.start;
                let seeds =
                    seeds.start + length * part / threads..seeds.start + length * (part + 1) / threads;
                scope.spawn(move || seeds.map(session).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("a session does not panic")).collect()
    })
}
