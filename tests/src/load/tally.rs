//! The results of all calls.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The actions of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
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

/// Counts and latencies. Only calls that were answered with 200 or 201 have a latency.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The number of responses by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Calls whose connection broke before the response.
    pub broken: u64,
    /// Sessions that were reported as ended although their person did not sign out.
    pub signed_out_for_nothing: u64,
    /// Sessions that stayed ended after the sign-out.
    pub stayed_out: u64,
    /// Sessions that were reported as ended and still gave access.
    pub let_in_after_sign_out: u64,
    latencies: BTreeMap<Action, Latencies>,
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
    pub(super) fn answered(&mut self, action: Action, status: u16, took: Duration) {
        *self.statuses.entry(status).or_default() += 1;
        if status < 300 {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            // A histogram that grows takes every number.
            let _ = self.latencies.entry(action).or_default().0.record(micros);
        }
    }

    /// Adds the counts of another tally.
    pub fn add(&mut self, other: &Self) {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.broken += other.broken;
        self.signed_out_for_nothing += other.signed_out_for_nothing;
        self.stayed_out += other.stayed_out;
        self.let_in_after_sign_out += other.let_in_after_sign_out;
        for (action, latencies) in &other.latencies {
            let _ = self.latencies.entry(*action).or_default().0.add(&latencies.0);
        }
    }

    /// The number of responses.
    pub fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Responses of 200 and 201.
    pub fn successes(&self) -> u64 {
        self.count(|status| status < 300)
    }

    /// Responses of 503.
    pub fn unavailable(&self) -> u64 {
        self.count(|status| status == 503)
    }

    /// Responses that no failure of the store explains: neither success, nor 503, nor 429 for a key that DynamoDB throttles.
    pub fn unexpected(&self) -> u64 {
        self.count(|status| status >= 300 && !matches!(status, 429 | 503)) + self.broken
    }

    /// Sessions that ended or gave access by mistake.
    pub fn mistakes(&self) -> u64 {
        self.signed_out_for_nothing + self.let_in_after_sign_out
    }

    fn count(&self, is_counted: impl Fn(u16) -> bool) -> u64 {
        self.statuses.iter().filter(|(status, _)| is_counted(**status)).map(|(_, count)| count).sum()
    }

    /// Each action with the number of its responses and the latency at each of these percentiles.
    pub fn percentiles(&self, percentiles: &[f64]) -> Vec<(Action, u64, Vec<Duration>)> {
        let row = |(action, latencies): (&Action, &Latencies)| {
            let at = |percentile: &f64| Duration::from_micros(latencies.0.value_at_percentile(*percentile));
            (*action, latencies.0.len(), percentiles.iter().map(at).collect())
        };
        self.latencies.iter().map(row).collect()
    }
}
