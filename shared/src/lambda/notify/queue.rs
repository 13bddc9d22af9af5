//! A batch of messages of a queue: each one is delivered at the same time as the others, so that one slow receiver does not add up.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use super::Notifier;
use crate::app::notify::Outbox as _;
use crate::app::notify::delivery::Verdict;
use crate::clock::{Clock as _, SystemClock};

/// Delivers messages. Returns the ids of those that stay in their queue.
pub(super) async fn deliver_all(notifier: &Arc<Notifier>, messages: &[Value]) -> Vec<String> {
    let mut deliveries = JoinSet::new();
    for message in messages {
        let (notifier, message) = (Arc::clone(notifier), message.clone());
        deliveries.spawn(async move {
            let id = message["messageId"].as_str().unwrap_or_default().to_owned();
            (!notifier.deliver(&message).await).then_some(id)
        });
    }
    deliveries.join_all().await.into_iter().flatten().collect()
}

impl Notifier {
    /// Makes an attempt for one message. Returns whether it can leave its queue.
    async fn deliver(&self, message: &Value) -> bool {
        let text = |pointer| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let attempt = text("/attributes/ApproximateReceiveCount").parse().unwrap_or(1);
        let body = text("/body");
        let verdict = self.deliverer.deliver(body, attempt, SystemClock.now(), &self.metrics).await;
        let hide = async |time| {
            self.outbox.hide(text("/eventSourceARN"), text("/receiptHandle"), time).await;
            false
        };
        match verdict {
            Verdict::Delivered => true,
            Verdict::TryAgain(pause) => hide(pause).await,
            // SQS moves it to the dead letters, because it was received as often as the redrive policy allows.
            Verdict::GiveUp => hide(Duration::ZERO).await,
            Verdict::SetAside(_) => self.set_aside(body).await,
        }
    }

    /// Moves a message as it is, so that it can be sent again from the dead letters. The log has the reason.
    async fn set_aside(&self, message: &str) -> bool {
        let outcome = self.outbox.set_webhook_aside(message).await;
        if let Err(error) = &outcome {
            tracing::error!(%error, "a webhook could not be set aside; it stays in its queue");
        }
        outcome.is_ok()
    }
}
