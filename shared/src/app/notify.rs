//! Notifications: events of the stream become alerts and webhooks.
//!
//! ```text
//! stream of the events table -> dispatch -> alert topic
//!                                        -> a queue for each receiver -> delivery -> the receiver
//!                                        -> dead letters, for what cannot be read or queued
//! ```
//!
//! Each receiver has a queue of its own, so that one that is down delays neither alerts nor other receivers. The notify function and the
//! local server run the same code on different queues: see [`Outbox`].

pub mod delivery;
pub mod dispatch;
pub mod queued_webhook;
pub mod review_links;

use std::future::Future;

use queued_webhook::QueuedWebhook;

/// The queues behind [`dispatch`].
pub trait Outbox: Send + Sync {
    /// The reason why something was not sent.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Puts a webhook into the queue of the receiver at this place of the list.
    fn enqueue(
        &self,
        place: usize,
        webhook: &QueuedWebhook,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Puts the message of a webhook, unchanged, into the dead letters of the queues, from which it can be sent again.
    fn set_webhook_aside(&self, message: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Puts a letter about an event that cannot become a webhook into the queue of dead letters.
    fn set_event_aside(&self, letter: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Whether no queue takes this message, now or later, because of its content.
    fn refuses_content(error: &Self::Error) -> bool;
}
