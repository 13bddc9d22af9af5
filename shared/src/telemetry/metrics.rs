//! Metrics: counters that are summed in the process and written to the log, from which CloudWatch reads them.
//!
//! A line in the Embedded Metric Format (EMF) is written with the first request of a process, and then at most every 10 s
//! or every 1,000 requests, because the bytes of a line for each request would cost as much as its writes. The line is
//! written before the response, because Lambda freezes the process after it. The only dimension is the function.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use strum::VariantArray;

use crate::domain::session::end::PublicReason;
use crate::domain::severity::Severity;

/// The counted events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
#[expect(missing_docs, reason = "each name is the metric's own")]
pub enum Counter {
    SignIns,
    SignInsRefused,
    SignInsBound,
    RefreshesServed,
    RefreshesReplayed,
    RefreshesSuperseded,
    RefreshesEnded,
    RefreshesLimited,
    RefreshesRefused,
    ProofsRefused,
    DeviceKeysRegistered,
    DeviceRefreshesServed,
    DeviceRefreshesChallenged,
    EndedExpired,
    EndedSignedOut,
    EndedEvicted,
    EndedSecurity,
    EndedAdmin,
    EndedProvider,
    ProviderOrdersFailed,
    ProviderOrdersRefused,
    ProviderKeysUnavailable,
    EventsInfo,
    EventsLow,
    EventsMedium,
    EventsHigh,
    EventsCritical,
    EventsLost,
    Limited,
    LimitedInShadow,
    LimitsFailedOpen,
    LimitsFailedClosed,
    CleanupRuns,
    CleanupSkipped,
    CleanupFailed,
    CleanupRemaining,
    Requests,
    Refused,
    Failed,
    StoreUnavailable,
    FeedEntries,
    FeedsFailed,
    FeedRowsSkipped,
    AlertsPublished,
    WebhooksDelivered,
    WebhooksFailed,
    NotificationsSetAside,
    ColdStarts,
}

impl Counter {
    /// All counters, in the order of their declaration, which is also the order of [`Metrics`]'s counts.
    pub const ALL: &[Self] = Self::VARIANTS;
}

const EVERY_MILLIS: i64 = 10_000;
const EVERY_REQUESTS: u64 = 1_000;

/// The counters of a process.
#[derive(Debug)]
pub struct Metrics {
    counts: [AtomicU64; Counter::ALL.len()],
    latency_ms: Mutex<BTreeMap<u64, u64>>,
    requests: AtomicU64,
    written_at: AtomicI64,
    has_written: AtomicBool,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; Counter::ALL.len()],
            latency_ms: Mutex::default(),
            requests: AtomicU64::new(0),
            written_at: AtomicI64::new(0),
            has_written: AtomicBool::new(false),
        }
    }
}

impl Metrics {
    /// Adds one to a counter.
    pub fn count(&self, counter: Counter) {
        self.add(counter, 1);
    }

    /// Adds a number to a counter.
    pub fn add(&self, counter: Counter, count: u64) {
        self.counts[counter as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// Replaces the value of a counter: the line has the last value instead of a sum.
    pub fn set(&self, counter: Counter, value: usize) {
        self.counts[counter as usize].store(u64::try_from(value).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The value of a counter since the last line.
    pub fn value(&self, counter: Counter) -> u64 {
        self.counts[counter as usize].load(Ordering::Relaxed)
    }

    /// Counts a request and its latency.
    pub fn answered(&self, elapsed: Duration) {
        self.count(Counter::Requests);
        self.requests.fetch_add(1, Ordering::Relaxed);
        let millis = rounded(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        let mut latency = self.latency_ms.lock().unwrap_or_else(PoisonError::into_inner);
        // EMF allows at most 100 different values. Rounded values rarely reach that number, and further ones are dropped.
        if latency.len() < 100 || latency.contains_key(&millis) {
            *latency.entry(millis).or_default() += 1;
        }
    }

    /// Counts the end of a session.
    pub fn ended(&self, reason: PublicReason) {
        self.count(match reason {
            PublicReason::Expired => Counter::EndedExpired,
            PublicReason::SignedOut => Counter::EndedSignedOut,
            PublicReason::Evicted => Counter::EndedEvicted,
            PublicReason::Security => Counter::EndedSecurity,
            PublicReason::Admin => Counter::EndedAdmin,
            PublicReason::Provider => Counter::EndedProvider,
        });
    }

    /// Counts a cleanup run: the sessions that it ended, the malformed rows, the sessions that it failed to end, and whether
    /// expired sessions may be left.
    pub fn cleanup_run(&self, ended: u64, skipped: u64, failed: u64, remaining: bool) {
        self.add(Counter::EndedExpired, ended);
        self.add(Counter::EventsInfo, ended);
        self.add(Counter::CleanupSkipped, skipped);
        self.add(Counter::CleanupFailed, failed);
        self.add(Counter::CleanupRemaining, remaining.into());
        self.count(Counter::CleanupRuns);
    }

    /// Counts an event of the audit trail.
    pub fn event(&self, severity: Severity) {
        self.count(match severity {
            Severity::Info => Counter::EventsInfo,
            Severity::Low => Counter::EventsLow,
            Severity::Medium => Counter::EventsMedium,
            Severity::High => Counter::EventsHigh,
            Severity::Critical => Counter::EventsCritical,
        });
    }

    /// Makes a line due at once, for counts that must not wait for another event.
    pub(crate) fn make_due(&self) {
        self.written_at.store(0, Ordering::Relaxed);
    }

    /// Prints the line to standard output, if one is due.
    #[expect(clippy::print_stdout, reason = "EMF is a line of JSON without a log prefix")]
    pub(crate) fn print(&self, function: &str, now_millis: i64) {
        if let Some(line) = self.due(function, now_millis) {
            println!("{line}");
        }
    }

    /// The line, if one is due. It resets the counters.
    pub fn due(&self, function: &str, now_millis: i64) -> Option<Value> {
        let first = !self.has_written.swap(true, Ordering::Relaxed);
        if first {
            self.count(Counter::ColdStarts);
        }
        let waited = now_millis - self.written_at.load(Ordering::Relaxed);
        let soon =
            (0..EVERY_MILLIS).contains(&waited) && self.requests.load(Ordering::Relaxed) < EVERY_REQUESTS;
        if soon && !first {
            return None;
        }
        self.written_at.store(now_millis, Ordering::Relaxed);
        self.requests.store(0, Ordering::Relaxed);
        Some(self.take(function, now_millis))
    }

    fn take(&self, function: &str, now_millis: i64) -> Value {
        let mut document = Map::new();
        let mut names = vec![];
        for counter in Counter::ALL {
            let count = self.counts[*counter as usize].swap(0, Ordering::Relaxed);
            if count > 0 {
                let name = format!("{counter:?}");
                names.push(json!({"Name": name, "Unit": "Count"}));
                document.insert(name, count.into());
            }
        }
        let latency = std::mem::take(&mut *self.latency_ms.lock().unwrap_or_else(PoisonError::into_inner));
        if !latency.is_empty() {
            names.push(json!({"Name": "Latency", "Unit": "Milliseconds"}));
            let (values, counts): (Vec<u64>, Vec<u64>) = latency.into_iter().unzip();
            // EMF defines these two names: with any other, CloudWatch drops the metric.
            document.insert("Latency".into(), json!({"Values": values, "Counts": counts}));
        }
        document.insert("Function".into(), function.into());
        let directive = json!({"Namespace": "Latchkey", "Dimensions": [["Function"]], "Metrics": names});
        document.insert("_aws".into(), json!({"Timestamp": now_millis, "CloudWatchMetrics": [directive]}));
        Value::Object(document)
    }
}

/// Rounds down to two significant digits: to 1 ms below 100 ms, to 10 ms below 1 s, and so on.
fn rounded(millis: u64) -> u64 {
    let mut step = 1;
    while millis / step >= 100 {
        step *= 10;
    }
    millis / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_when_it_is_due_and_resets_the_counters() {
        let metrics = Metrics::default();
        assert_eq!(
            metrics.due("refresh", 1_000_000).unwrap()["ColdStarts"],
            1,
            "the first line counts the cold start"
        );
        metrics.count(Counter::SignIns);
        metrics.answered(Duration::from_millis(1_234));
        assert_eq!(metrics.due("refresh", 1_009_999), None);
        let line = metrics.due("refresh", 1_010_000).unwrap();
        assert_eq!((&line["SignIns"], &line["Function"]), (&json!(1), &json!("refresh")));
        assert_eq!(line["Latency"], json!({"Values": [1_200], "Counts": [1]}));
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(!line[metric["Name"].as_str().unwrap()].is_null(), "{metric}");
        }
        let empty = metrics.due("refresh", 1_020_000).unwrap();
        assert_eq!(empty["_aws"]["CloudWatchMetrics"][0]["Metrics"], json!([]));
    }

    #[test]
    fn a_line_can_be_made_due_at_once() {
        let metrics = Metrics::default();
        metrics.due("notify", 1_000_000);
        metrics.count(Counter::WebhooksFailed);
        assert_eq!(metrics.due("notify", 1_000_001), None);
        metrics.make_due();
        assert_eq!(metrics.due("notify", 1_000_001).unwrap()["WebhooksFailed"], 1);
    }

    #[test]
    fn many_requests_make_a_line_due_early() {
        let metrics = Metrics::default();
        metrics.due("f", 0);
        (0..1_000).for_each(|_| metrics.answered(Duration::ZERO));
        assert_eq!(metrics.due("f", 1).unwrap()["Requests"], 1_000);
    }

    #[test]
    fn there_are_fewer_than_fifty_metrics() {
        assert!(
            Counter::ALL.len() + 1 < 50,
            "CloudWatch charges for each metric, so that we keep fewer than 50; EMF allows 100"
        );
    }
}
