//! The dashboard's numbers: live sessions, and counts over the audit trail of thirty days.

mod recommend;

use std::collections::BTreeMap;

use serde::Serialize;

pub use recommend::{Recommendation, recommendations};

use crate::domain::event::StoredEvent;
use crate::domain::session::Session;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// The days that the numbers cover.
pub const DAYS: i64 = 30;

/// Events that are counted at most: the newest ones.
pub const EVENTS_MAX: usize = 1_000;

const DAY_SECONDS: i64 = 86_400;

/// The numbers of one user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analytics {
    active_sessions: usize,
    by_device: BTreeMap<String, usize>,
    by_browser: BTreeMap<String, usize>,
    by_os: BTreeMap<String, usize>,
    by_country: BTreeMap<String, usize>,
    sign_ins_by_day: Vec<Day>,
    session_seconds: Lengths,
    failed_attempts: usize,
    limited_attempts: usize,
    events_by_severity: BTreeMap<&'static str, usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Day {
    day: String,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Lengths {
    median: Option<u64>,
    longest: Option<u64>,
}

/// The first second that the numbers cover: the start of the UTC day, thirty days back, today included.
pub fn begin(now: Timestamp) -> Timestamp {
    Timestamp::from_seconds((now.seconds().div_euclid(DAY_SECONDS) - (DAYS - 1)) * DAY_SECONDS)
}

/// Counts. `events` are those since [`begin`], in any order.
pub fn analyse(live: &[&Session], events: &[StoredEvent], now: Timestamp) -> Analytics {
    let of_type =
        |names: &[&str]| events.iter().filter(|event| names.contains(&event.event_type.as_str())).count();
    Analytics {
        active_sessions: live.len(),
        by_device: count(live, |session| Some(session.client.device.kind.as_str().to_owned())),
        by_browser: count(live, |session| session.client.device.browser.clone()),
        by_os: count(live, |session| session.client.device.os.clone()),
        by_country: count(live, |session| session.client.place.country.clone()),
        sign_ins_by_day: sign_ins_by_day(events, now),
        session_seconds: lengths(events),
        failed_attempts: of_type(&["token_reused", "token_forged", "state_regression", "assertion_reused"]),
        limited_attempts: of_type(&["blocked", "rate_limited"]),
        events_by_severity: Severity::ALL
            .iter()
            .map(|severity| {
                (severity.as_str(), events.iter().filter(|event| event.severity == *severity).count())
            })
            .filter(|(_, count)| *count > 0)
            .collect(),
    }
}

/// Counts sessions by a name. Sessions without the name count as `unknown`.
fn count(live: &[&Session], name: impl Fn(&Session) -> Option<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for session in live {
        *counts.entry(name(session).unwrap_or_else(|| "unknown".to_owned())).or_default() += 1;
    }
    counts
}

/// Every day from [`begin`] to today, oldest first, days without sign-ins included.
fn sign_ins_by_day(events: &[StoredEvent], now: Timestamp) -> Vec<Day> {
    let day_of = |at: Timestamp| at.seconds().div_euclid(DAY_SECONDS);
    let sign_ins: Vec<i64> = events
        .iter()
        .filter(|event| event.event_type == "login")
        .map(|event| day_of(event.created_at))
        .collect();
    (day_of(begin(now))..=day_of(now))
        .map(|day| Day {
            day: Timestamp::from_seconds(day * DAY_SECONDS).to_rfc3339()[..10].to_owned(),
            count: sign_ins.iter().filter(|other| **other == day).count(),
        })
        .collect()
}

/// How long ended sessions lasted. Live sessions are left out, because their length, and with it the entity tag,
/// would change every second.
fn lengths(events: &[StoredEvent]) -> Lengths {
    let mut seconds: Vec<u64> =
        events.iter().filter_map(|event| event.details["lasted_seconds"].as_u64()).collect();
    seconds.sort_unstable();
    let middle = seconds.len() / 2;
    let median = match seconds.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(seconds[middle]),
        _ => Some(seconds[middle - 1].midpoint(seconds[middle])),
    };
    Lengths { median, longest: seconds.last().copied() }
}

#[cfg(test)]
mod tests;
