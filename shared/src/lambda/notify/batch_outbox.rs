//! The queues during one batch of the stream. A queue that hangs is not called again: with two attempts of two seconds for each webhook,
//! one queue would hold up all alerts and receivers behind it. A connection that breaks off at once holds up nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::outbox::SqsAndSns;
use crate::app::notify::Outbox;
use crate::app::notify::queued_webhook::QueuedWebhook;
use crate::aws::AwsError;
use crate::domain::webhook::endpoint::MAX_ENDPOINTS;

/// A call without an answer that took at least this time has hung: half of what connecting may take.
const HANG_MIN: Duration = Duration::from_millis(500);

/// The topic and the queues for one batch.
pub(super) struct BatchOutbox<'o> {
    outbox: &'o SqsAndSns,
    /// Whether the queue at this place hangs.
    is_silent: [AtomicBool; MAX_ENDPOINTS],
}

impl<'o> BatchOutbox<'o> {
    pub(super) fn new(outbox: &'o SqsAndSns) -> Self {
        Self { outbox, is_silent: [const { AtomicBool::new(false) }; MAX_ENDPOINTS] }
    }
}

impl Outbox for BatchOutbox<'_> {
    type Error = AwsError;

    async fn enqueue(&self, place: usize, webhook: &QueuedWebhook) -> Result<(), AwsError> {
        let is_silent = self.is_silent.get(place);
        if is_silent.is_some_and(|is_silent| is_silent.load(Ordering::Relaxed)) {
            let cause = "the queue hung at an earlier webhook of this batch".into();
            return Err(AwsError::NoAnswer { service: "sqs", cause });
        }
        let start = Instant::now();
        let outcome = self.outbox.enqueue(place, webhook).await;
        if let (Err(AwsError::NoAnswer { .. }), Some(is_silent)) = (&outcome, is_silent)
            && start.elapsed() >= HANG_MIN
        {
            is_silent.store(true, Ordering::Relaxed);
        }
        outcome
    }

    async fn set_webhook_aside(&self, message: &str) -> Result<(), AwsError> {
        self.outbox.set_webhook_aside(message).await
    }

    async fn set_event_aside(&self, letter: &str) -> Result<(), AwsError> {
        self.outbox.set_event_aside(letter).await
    }

    fn refuses_content(error: &AwsError) -> bool {
        SqsAndSns::refuses_content(error)
    }
}
