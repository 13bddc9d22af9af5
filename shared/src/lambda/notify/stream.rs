//! A batch of records of the stream: dispatched one after the other, up to the first that fails.
//!
//! Lambda repeats everything from the failed record on. To go on after it would send the later ones again with each repetition.

use std::time::Duration;

use serde_json::Value;

use super::Notifier;
use crate::app::notify::dispatch::dispatch;
use crate::clock::{Clock as _, SystemClock};

/// The time before the deadline in which no further record is begun: twice the longest calls of one.
const RESERVE: Duration = Duration::from_secs(5);

/// Dispatches records until `deadline`, in Unix milliseconds. Returns the sequence number of the first record that Lambda has to send
/// again; `None` if all are done.
pub(super) async fn dispatch_all(notifier: &Notifier, records: &[Value], deadline: u64) -> Option<String> {
    for (index, record) in records.iter().enumerate() {
        let sequence_number = || record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
        // The first one is always tried, so that there is progress. The emulator of `cargo lambda` sends deadlines that have passed.
        if index > 0 && is_late(deadline, SystemClock.now_millis()) {
            tracing::warn!(
                done = index,
                of = records.len(),
                "not enough time for the whole batch; Lambda sends the rest again"
            );
            return Some(sequence_number());
        }
        let dispatched = dispatch(
            record,
            &notifier.endpoints,
            &notifier.review_links,
            &notifier.outbox,
            &notifier.metrics,
        )
        .await;
        if let Err(error) = dispatched {
            tracing::error!(%error, "an event could not be passed on; Lambda sends it again");
            return Some(sequence_number());
        }
    }
    None
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
        assert!(!is_late(20_000, 10_000) && is_late(14_999, 10_000));
        assert!(!is_late(9_999, 10_000), "a deadline in the past is none");
    }
}
