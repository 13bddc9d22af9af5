//! The results of all calls.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The actions of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `POST /refresh`.
    Refresh,
    /// `GET /refresh`.
    Status,
    /// `GET /sessions`.
    List,
    /// `POST /login`.
    SignIn,
    /// `POST /revoke`.
    SignOut,
}

/// Counts and latencies. Latencies are of calls that were answered with 200 or 201.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many answers had which status.
    pub statuses: BTreeMap<u16, u64>,
    /// Calls whose connection broke before an answer.
    pub broken: u64,
    /// People that did not sign out, but whose session was reported as ended.
    pub signed_out_for_nothing: u64,
    /// People that signed out and whose session stayed ended.
    pub stayed_out: u64,
    /// People that were let in although their session was reported as ended.
    pub let_in_after_sign_out: u64,
    latencies: BTreeMap<Kind, Latencies>,
}

#[derive(Clone)]
struct Latencies(Histogram<u64>);

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls", self.0.len())
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three digits are a precision"))
    }
}

impl Tally {
    pub(super) fn answered(&mut self, kind: Kind, status: u16, took: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        if status < 300 {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            // A histogram that grows takes every number.
            let _ = self.latencies.entry(kind).or_default().0.record(micros);
        }
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.broken += other.broken;
        self.signed_out_for_nothing += other.signed_out_for_nothing;
        self.stayed_out += other.stayed_out;
        self.let_in_after_sign_out += other.let_in_after_sign_out;
        for (kind, latencies) in &other.latencies {
            let _ = self.latencies.entry(*kind).or_default().0.add(&latencies.0);
        }
    }

    /// All answers.
    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Answers that are good.
    pub fn good(&self) -> u64 {
        self.count(|status| status < 300)
    }

    /// Answers of 503.
    pub fn unavailable(&self) -> u64 {
        self.count(|status| status == 503)
    }

    /// Answers that no store makes right: other than good, 503, and 429 for a key that DynamoDB throttles.
    pub fn worse(&self) -> u64 {
        self.count(|status| status >= 300 && !matches!(status, 429 | 503)) + self.broken
    }

    /// People that were signed out or let in by mistake.
    pub fn wronged(&self) -> u64 {
        self.signed_out_for_nothing + self.let_in_after_sign_out
    }

    fn count(&self, is_meant: impl Fn(u16) -> bool) -> u64 {
        self.statuses.iter().filter(|(status, _)| is_meant(**status)).map(|(_, count)| count).sum()
    }

    /// Each kind of call that was answered, how often, and a latency at each of these percentiles.
    pub fn percentiles(&self, percentiles: &[f64]) -> Vec<(Kind, u64, Vec<Duration>)> {
        let row = |(kind, latencies): (&Kind, &Latencies)| {
            let at = |percentile: &f64| Duration::from_micros(latencies.0.value_at_percentile(*percentile));
            (*kind, latencies.0.len(), percentiles.iter().map(at).collect())
        };
        self.latencies.iter().map(row).collect()
    }
}
