//! A batch of records of the stream: all its alerts first, then the webhooks of one record after the other.
//!
//! Lambda repeats everything from the first record that failed. The process remembers which alerts and webhooks it has sent, so that a
//! repetition by the same process sends none of them again. Another process sends them again: each arrives at least once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::Notifier;
use crate::app::notify::dispatch::{alert_of, send_webhooks};
use crate::aws::{AwsError, LONGEST_CALL};
use crate::clock::{Clock as _, SystemClock};
use crate::telemetry::metrics::Counter;

/// The time before the deadline in which no further record is begun: one call to its queues, all at the same time, one to the dead
/// letters, and a second to answer.
const RESERVE: Duration = LONGEST_CALL.saturating_mul(2).saturating_add(Duration::from_secs(1));

/// Dispatches records until `deadline`, in Unix milliseconds. Returns the sequence number of the first record that Lambda has to send
/// again; `None` if all are done.
pub(super) async fn dispatch_all(notifier: &Notifier, records: &[Value], deadline: u64) -> Option<String> {
    let without_alert = publish_alerts(notifier, records).await;
    let without_webhooks = queue_webhooks(notifier, records, deadline).await;
    let first = without_alert.into_iter().chain(without_webhooks).min();
    first.map(|index| sequence_number(&records[index]).to_owned())
}

/// Publishes all alerts at the same time. Returns the place of the first that failed.
async fn publish_alerts(notifier: &Notifier, records: &[Value]) -> Option<usize> {
    let published = join_all(records.iter().map(|record| publish_alert(notifier, record))).await;
    for error in published.iter().filter_map(|outcome| outcome.as_ref().err()) {
        tracing::error!(%error, "an alert could not be published; Lambda sends its event again");
    }
    published.iter().position(Result::is_err)
}

async fn publish_alert(notifier: &Notifier, record: &Value) -> Result<(), AwsError> {
    let Some(alert) = alert_of(record) else { return Ok(()) };
    if notifier.published.contains(record) {
        return Ok(());
    }
    notifier.outbox.publish_alert(&alert).await?;
    notifier.published.add(record);
    notifier.metrics.count(Counter::AlertsPublished);
    Ok(())
}

/// Queues the webhooks of one record after the other, up to the first that fails. Returns its place.
async fn queue_webhooks(notifier: &Notifier, records: &[Value], deadline: u64) -> Option<usize> {
    for (index, record) in records.iter().enumerate() {
        if notifier.queued.contains(record) {
            continue;
        }
        // The first one is always tried, so that there is progress. The emulator of `cargo lambda` sends deadlines that have passed.
        if index > 0 && is_late(deadline, SystemClock.now_millis()) {
            tracing::warn!(
                done = index,
                of = records.len(),
                "not enough time for the whole batch; Lambda sends the rest again"
            );
            return Some(index);
        }
        let sent = send_webhooks(
            record,
            &notifier.endpoints,
            &notifier.review_links,
            &notifier.outbox,
            &notifier.metrics,
        )
        .await;
        if let Err(error) = sent {
            tracing::error!(%error, "an event could not be passed on; Lambda sends it again");
            return Some(index);
        }
        notifier.queued.add(record);
    }
    None
}

fn sequence_number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}

fn is_late(deadline: u64, now_millis: i64) -> bool {
    let now = u64::try_from(now_millis).unwrap_or(0);
    let reserve = u64::try_from(RESERVE.as_millis()).unwrap_or(u64::MAX);
    (now..now.saturating_add(reserve)).contains(&deadline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_stops_before_the_deadline() {
        assert!(!is_late(20_000, 10_000) && is_late(18_999, 10_000));
        assert!(!is_late(9_999, 10_000), "a deadline in the past is none");
    }
}
