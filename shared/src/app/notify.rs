//! Notifications: events of the stream become alerts and webhooks.
//!
//! ```text
//! stream of the events table -> dispatch -> alert topic
//!                                        -> a queue for each receiver -> delivery -> the receiver
//!                                        -> dead letters, for what cannot be read
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

/// The topic and the queues behind [`dispatch`](dispatch::dispatch).
pub trait Outbox: Send + Sync {
    /// The reason why something was not sent.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Publishes an alert.
    fn publish_alert(&self, alert: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Puts a webhook into the queue of the receiver at this place of the list.
    fn enqueue(
        &self,
        place: usize,
        webhook: &QueuedWebhook,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Puts a letter into the queue of dead letters.
    fn set_aside(&self, letter: &str) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
