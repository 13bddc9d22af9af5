//! A batch of records of the stream: all its alerts first, then the webhooks, those of some records at the same time.
//!
//! Lambda repeats everything from the first record that failed. The process remembers which alerts and webhooks it has sent, so that a
//! repetition by the same process sends none of them again. Another process sends them again: each arrives at least once.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::iter;
use serde_json::Value;

use super::Notifier;
use super::batch_outbox::BatchOutbox;
use crate::app::notify::dispatch::{alert_of, send_webhooks, set_alert_aside, set_aside_for_settings};
use crate::aws::{AwsError, LONGEST_CALL};
use crate::clock::{Clock as _, SystemClock};
use crate::telemetry::metrics::Counter;

/// The time before the deadline in which no further record is begun: one call to its queues, all at the same time, one to the dead
/// letters, and a second to answer.
const RESERVE: Duration = LONGEST_CALL.saturating_mul(2).saturating_add(Duration::from_secs(1));

/// The records whose webhooks are queued at the same time, so that a slow queue does not add up to the deadline.
const AT_ONCE: usize = 10;

/// How long the topic must have failed, and how old a record must be, before its alert becomes a dead letter. While a record is repeated,
/// everything behind it in its shard waits, also webhooks. The age alone would set an alert aside at its first failure after a backlog.
const ALERT_PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Dispatches records until `deadline`, in Unix milliseconds. Returns the sequence number of the first record that Lambda has to send
/// again; `None` if all are done.
pub(super) async fn dispatch_all(notifier: &Notifier, records: &[Value], deadline: u64) -> Option<String> {
    let without_alert = publish_alerts(notifier, records, deadline).await;
    let without_webhooks = queue_webhooks(notifier, records, deadline).await;
    let first = without_alert.into_iter().chain(without_webhooks).min();
    first.map(|index| sequence_number(&records[index]).to_owned())
}

/// Publishes all alerts at the same time. Returns the place of the first that failed.
async fn publish_alerts(notifier: &Notifier, records: &[Value], deadline: u64) -> Option<usize> {
    let published = join_all(records.iter().map(|record| publish_alert(notifier, record, deadline))).await;
    for error in published.iter().filter_map(|outcome| outcome.as_ref().err()) {
        tracing::error!(%error, "an alert could not be published; Lambda sends its event again");
    }
    published.iter().position(Result::is_err)
}

/// The time of a failure is the deadline of its invocation: the time between two invocations is that between their deadlines.
async fn publish_alert(notifier: &Notifier, record: &Value, deadline: u64) -> Result<(), AwsError> {
    let Some(topic) = notifier.outbox.topic() else { return Ok(()) };
    let Some(alert) = alert_of(record) else { return Ok(()) };
    if notifier.alerted.contains(record) {
        return Ok(());
    }
    match topic.publish(&alert).await {
        Ok(()) => {
            notifier.topic_failures.clear();
            notifier.metrics.count(Counter::AlertsPublished);
        }
        Err(error) => {
            let has_failed_for = notifier.topic_failures.add(deadline);
            if has_failed_for < ALERT_PATIENCE
                || !is_older_than(record, ALERT_PATIENCE, SystemClock.now_millis())
            {
                return Err(error);
            }
            tracing::error!(%error, "an alert could not be published for a long time, and is set aside");
            set_alert_aside(&alert, &notifier.outbox, &notifier.metrics).await?;
        }
    }
    notifier.alerted.add(record);
    Ok(())
}

/// Queues the webhooks of all records for which there is time. Returns the place of the first that is not done.
async fn queue_webhooks(notifier: &Notifier, records: &[Value], deadline: u64) -> Option<usize> {
    let outbox = BatchOutbox::new(&notifier.outbox);
    let done = iter(records.iter().enumerate()).map(async |(place, record)| {
        // The first one is always tried, so that there is progress. The emulator of `cargo lambda` sends deadlines that have passed.
        if place > 0 && is_late(deadline, SystemClock.now_millis()) {
            tracing::warn!(place, "not enough time for a record of the batch; Lambda sends it again");
            return Some(place);
        }
        (!queue_webhooks_of(notifier, record, &outbox).await).then_some(place)
    });
    done.buffer_unordered(AT_ONCE).filter_map(std::future::ready).fold(None, first_of).await
}

async fn first_of(first: Option<usize>, place: usize) -> Option<usize> {
    Some(first.map_or(place, |first| first.min(place)))
}

/// Returns whether the record is done.
async fn queue_webhooks_of(notifier: &Notifier, record: &Value, outbox: &BatchOutbox<'_>) -> bool {
    if notifier.queued.contains(record) {
        return true;
    }
    let metrics = &notifier.metrics;
    let sent = match &notifier.webhooks {
        Some(webhooks) => {
            send_webhooks(record, &webhooks.endpoints, &webhooks.review_links, outbox, metrics).await
        }
        None => set_aside_for_settings(record, outbox, metrics).await,
    };
    match sent {
        Ok(()) => notifier.queued.add(record),
        Err(error) => {
            tracing::error!(%error, "an event could not be passed on; Lambda sends it again");
            return false;
        }
    }
    true
}

fn sequence_number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}

/// Whether the change that a record is about happened longer ago. DynamoDB states the second.
fn is_older_than(record: &Value, age: Duration, now_millis: i64) -> bool {
    let second = &record["dynamodb"]["ApproximateCreationDateTime"];
    let second = second.as_f64().or_else(|| second.as_str()?.parse().ok());
    second.is_some_and(|second| now_millis as f64 / 1_000.0 - second > age.as_secs_f64())
}

fn is_late(deadline: u64, now_millis: i64) -> bool {
    let now = u64::try_from(now_millis).unwrap_or(0);
    let reserve = u64::try_from(RESERVE.as_millis()).unwrap_or(u64::MAX);
    (now..now.saturating_add(reserve)).contains(&deadline)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_batch_stops_before_the_deadline() {
        assert!(!is_late(20_000, 10_000) && is_late(18_999, 10_000));
        assert!(!is_late(9_999, 10_000), "a deadline in the past is none");
    }

    #[test]
    fn the_age_of_a_record_is_that_of_its_change() {
        let record = |second: Value| json!({"dynamodb": {"ApproximateCreationDateTime": second}});
        let is_old = |second, now| is_older_than(&record(second), Duration::from_secs(900), now);
        assert!(!is_old(json!(1_000), 1_900_000) && is_old(json!(1_000), 1_900_001));
        assert!(
            !is_old(json!(1e3), 1_900_000) && is_old(json!(1.0e3), 1_901_000),
            "Lambda also writes it as 1.0E3"
        );
        assert!(is_old(json!("1000.0"), 1_901_000), "some examples of AWS have it as text");
        assert!(!is_old(Value::Null, i64::MAX), "without a time it is new");
    }
}
