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
    ///
    /// SQS takes only the characters of XML 1.0. JSON escapes the control characters itself, and U+FFFE and U+FFFF are escaped here,
    /// because text of users may contain them. The body that is read from the message has them again, so that it is equal in every byte.
    ///
    /// *Source*: the API reference of `SendMessage`.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string(self).expect("text can be serialised");
        json.replace('\u{fffe}', r"\ufffe").replace('\u{ffff}', r"\uffff")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_only_characters_that_sqs_takes() {
        let body = "{\"reason\":\"\u{fffe}\u{ffff}\u{1}\\\\ufffe \u{1f600}\"}".to_owned();
        let webhook = QueuedWebhook { endpoint: "shop".to_owned(), event_id: Uuid::nil().to_string(), body };
        let message = webhook.to_json();
        assert!(!message.contains(['\u{fffe}', '\u{ffff}', '\u{1}']), "{message:?}");
        assert_eq!(QueuedWebhook::parse(&message), Some(webhook));
    }
}
