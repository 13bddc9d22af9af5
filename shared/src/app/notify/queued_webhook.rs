//! A webhook that waits in the queue of its receiver.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A webhook in a queue. It names its receiver, because a queue may get another receiver while it holds messages: after a change of the
/// list, a message must not reach the receiver that took the place of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedWebhook {
    /// The name of the receiver.
    pub endpoint: String,
    /// The id of the event, which is the `webhook-id`.
    pub event_id: String,
    /// The body, as it is sent.
    pub body: String,
}

impl QueuedWebhook {
    /// Reads a message of a queue; `None` if it is none of ours.
    pub fn parse(message: &str) -> Option<Self> {
        let webhook: Self = serde_json::from_str(message).ok()?;
        // The id becomes a header.
        webhook.event_id.parse::<Uuid>().is_ok().then_some(webhook)
    }

    /// The message for the queue.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text can be serialised")
    }
}
