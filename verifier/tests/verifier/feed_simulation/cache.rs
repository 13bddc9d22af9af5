//! The network between one verifier and the issuer, with times in which its answers are wrong.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use latchkey_verifier::{Fetch, FetchError, FetchFuture, FetchLimits};

use super::executor::Time;
use super::issuer::Issuer;
use crate::signer::{ISSUER, Signer};

/// A wrong answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Down,
    TimesOut,
    Status,
    Garbage,
    Truncated,
    Unsigned,
    OtherKey,
    OtherIssuer,
    /// A feed of a minute ago, again and again newer ones.
    Lagging,
    /// The feed that arrived first.
    Frozen,
    /// Feeds that are 85 and 90 s old by the verifier's clock, by turns.
    Old,
    /// A feed that begins later than requested.
    Gap,
}

const FAULTS: [Fault; 11] = [
    Fault::Down,
    Fault::TimesOut,
    Fault::Status,
    Fault::Garbage,
    Fault::Truncated,
    Fault::Unsigned,
    Fault::OtherKey,
    Fault::OtherIssuer,
    Fault::Lagging,
    Fault::Frozen,
    Fault::Gap,
];

/// The faults of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Faults {
    /// All answers are right.
    None,
    /// Faults of all kinds, with right answers in between.
    Random,
    /// The cache holds feeds back for as long as the verifier accepts them: for a minute feeds that are 85 and 90 s old by the verifier's
    /// clock take turns, then there is none for half a minute, which the last copy survives.
    OldFeeds,
}

pub(super) struct Cache {
    time: Time,
    issuer: Arc<Issuer>,
    faults: Faults,
    verifier_is_off_by: i64,
    state: Mutex<State>,
}

struct State {
    random: fastrand::Rng,
    answers: u64,
    fault: Option<Fault>,
    /// When the next period begins, with or without a fault.
    changes_at: u64,
    first_answer: Option<String>,
    last_fault_at: Option<u64>,
}

impl Cache {
    pub(super) fn new(
        seed: u64,
        time: &Time,
        issuer: &Arc<Issuer>,
        faults: Faults,
        verifier_is_off_by: i64,
    ) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let (fault, first_answer, last_fault_at) = (None, None, None);
        let state = State { random, answers: 0, fault, changes_at: 0, first_answer, last_fault_at };
        Self {
            time: time.clone(),
            issuer: issuer.clone(),
            faults,
            verifier_is_off_by,
            state: Mutex::new(state),
        }
    }

    /// Whether an answer to a request was wrong that was sent at or after `millis`.
    pub(super) fn had_a_fault_since(&self, millis: u64) -> bool {
        self.state.lock().unwrap().last_fault_at.is_some_and(|at| at >= millis)
    }

    fn answer(&self, since: Option<u64>, latency: &mut u64) -> Result<(u16, String), FetchError> {
        let now = self.time.millis();
        let mut state = self.state.lock().unwrap();
        let fault = match self.faults {
            Faults::None => None,
            Faults::Random => state.fault_of_this_answer(now),
            Faults::OldFeeds => {
                state.last_fault_at = Some(now);
                Some(if now % 90_000 < 60_000 { Fault::Old } else { Fault::Down })
            }
        };
        let (right, arrives_at) = self.issuer.answer(since);
        // The verifier may be far from the cache, and gives up after two seconds.
        *latency = arrives_at.saturating_sub(now) + state.random.u64(5..95);
        let first = state.first_answer.get_or_insert_with(|| right.clone()).clone();
        let minute_ago = now.saturating_sub(60_000);
        let text = match fault {
            None => right,
            Some(Fault::Down) => return Err(FetchError::BrokeOff(Arc::new(io::Error::other("reset")))),
            Some(Fault::TimesOut) => {
                *latency = 2_000;
                return Err(FetchError::TimedOut);
            }
            Some(Fault::Status) => return Ok((503, right)),
            Some(Fault::Garbage) => "<html>502</html>".to_owned(),
            Some(Fault::Truncated) => right[..state.random.usize(..right.len())].to_owned(),
            Some(Fault::Unsigned) => right[..=right.rfind('.').expect("a JWS has dots")].to_owned(),
            Some(Fault::OtherKey) => self.issuer.build(0, now, since, ISSUER, &Signer::new("b")),
            Some(Fault::OtherIssuer) => {
                self.issuer.build(0, now, since, "https://other.example.com", &Signer::new("a"))
            }
            Some(Fault::Lagging) => self.issuer.build(0, minute_ago, since, ISSUER, &Signer::new("a")),
            Some(Fault::Old) => {
                state.answers += 1;
                let age = if state.answers.is_multiple_of(2) { 85_000 } else { 90_000 };
                // What the verifier's clock is ahead is a part of the age.
                let read_at = now.saturating_sub_signed(age - self.verifier_is_off_by * 1_000);
                self.issuer.build(0, read_at, since, ISSUER, &Signer::new("a"))
            }
            Some(Fault::Frozen) => first,
            Some(Fault::Gap) => {
                let later = since.unwrap_or(0) + 1;
                self.issuer.build(0, now, Some(later), ISSUER, &Signer::new("a"))
            }
        };
        Ok((200, text))
    }
}

impl State {
    fn fault_of_this_answer(&mut self, now: u64) -> Option<Fault> {
        while now >= self.changes_at {
            let has_fault = self.fault.is_none() && self.changes_at > 0;
            self.fault = has_fault.then(|| *self.random.choice(&FAULTS).expect("there are faults"));
            self.changes_at += self.random.u64(5_000..120_000);
        }
        // Now and then a right answer gets through.
        let fault = self.fault.filter(|_| self.random.u8(..10) > 0)?;
        self.last_fault_at = Some(now);
        Some(fault)
    }
}

impl Fetch for Cache {
    fn fetch(&self, request: Request<Bytes>, _: FetchLimits) -> FetchFuture<'_> {
        let query =
            request.uri().query().map(|query| query.strip_prefix("since=").expect("no other parameter"));
        let since = query.map(|since| since.parse().expect("a number"));
        let mut latency = 0;
        let answer = self.answer(since, &mut latency);
        let arrives = self.time.sleep(Duration::from_millis(latency));
        Box::pin(async move {
            arrives.await;
            let (status, text) = answer?;
            Ok(Response::builder().status(status).body(Bytes::from(text)).expect("a response"))
        })
    }
}
