//! Webhooks of the local server: the code of the notify function, on the stream of the embedded engine and a table as the queue.
//!
//! ```text
//! events table -> its stream -> dispatch -> the queue's table -> delivery -> the receiver
//! ```
//!
//! A task reads the stream, and each receiver has a task of its own, so that a slow one delays no other. Alerts of the local server do
//! not wait for the stream: the application raises them itself, see [`crate::dev::alerts`].

mod queue;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use latchkey::app::notify::delivery::Deliverer;
use latchkey::app::notify::dispatch::send_webhooks;
use latchkey::app::notify::review_links::ReviewLinks;
use latchkey::clock::Clock as _;
use latchkey::config::LocalWebhooks;
use latchkey::domain::webhook::endpoint::WebhookEndpoint;
use latchkey::https::checked::CheckedClient;
use latchkey::telemetry::metrics::Metrics;
use tokio::task::{JoinHandle, JoinSet};

pub use self::queue::DeadLetter;
use self::queue::{QueueTable, Waiting};
use self::stream::StreamReader;
use crate::clock::MovableClock;
use crate::engine::{Engine, EngineError};

/// The pause between two looks at the stream and at a queue that are empty.
const POLL: Duration = Duration::from_millis(500);

/// Webhooks that are sent to one receiver at the same time. A deployment sends up to ten: two batches of five.
const AT_ONCE: usize = 2;

/// Sends webhooks for the events of a table. Clones share everything.
#[derive(Clone)]
pub struct Notifier(Arc<Parts>);

struct Parts {
    stream: StreamReader,
    queue: QueueTable,
    endpoints: Vec<WebhookEndpoint>,
    review_links: ReviewLinks,
    deliverer: Deliverer,
    metrics: Metrics,
    clock: MovableClock,
}

impl Notifier {
    /// Makes the queue's table, if it is missing, for the events in `table`.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn new(
        engine: &Engine,
        table: &str,
        webhooks: LocalWebhooks,
        client: CheckedClient,
        clock: MovableClock,
    ) -> Result<Self, EngineError> {
        let queue = QueueTable::create(engine.clone(), clock.clone(), &webhooks.endpoints).await?;
        Ok(Self(Arc::new(Parts {
            stream: StreamReader::new(engine.clone(), table.to_owned()),
            queue,
            deliverer: Deliverer::new(webhooks.endpoints.clone(), client),
            endpoints: webhooks.endpoints,
            review_links: ReviewLinks::new(webhooks.review_keys, webhooks.issuer),
            metrics: Metrics::default(),
            clock,
        })))
    }

    /// Puts the events since the last call into the queues, and returns the number of records.
    ///
    /// # Errors
    /// The engine failed. The next call begins with the record that could not be handled.
    pub async fn dispatch_new(&self) -> Result<usize, EngineError> {
        let Parts { stream, queue, endpoints, review_links, metrics, clock, .. } = &*self.0;
        let mut count = 0;
        for shard in stream.shards().await? {
            let position = queue.position(&shard).await?;
            for record in stream.read(&shard, position.as_deref()).await? {
                if !record.is_expired(clock.now()) {
                    send_webhooks(&record.json, endpoints, review_links, queue, metrics).await?;
                }
                queue.keep_position(&shard, &record.sequence_number).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Makes one attempt for each webhook that is due for a receiver, and returns their number.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn deliver_due(&self, endpoint: &str) -> Result<usize, EngineError> {
        let due = self.0.queue.due(endpoint).await?;
        let count = due.len();
        let mut due = due.into_iter();
        loop {
            let mut deliveries = JoinSet::new();
            for waiting in due.by_ref().take(AT_ONCE) {
                let notifier = self.clone();
                deliveries.spawn(async move { notifier.attempt(waiting).await });
            }
            if deliveries.is_empty() {
                return Ok(count);
            }
            deliveries.join_all().await.into_iter().collect::<Result<Vec<()>, _>>()?;
        }
    }

    /// As [`Notifier::deliver_due`], for all receivers at once.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn deliver_all_due(&self) -> Result<usize, EngineError> {
        let mut receivers = JoinSet::new();
        for endpoint in &self.0.endpoints {
            let (notifier, name) = (self.clone(), endpoint.name.clone());
            receivers.spawn(async move { notifier.deliver_due(&name).await });
        }
        let counts: Result<Vec<usize>, EngineError> = receivers.join_all().await.into_iter().collect();
        Ok(counts?.into_iter().sum())
    }

    /// The webhooks and events that were set aside, for two weeks.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, EngineError> {
        self.0.queue.dead_letters().await
    }

    /// The number of webhooks that wait for a receiver.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn waiting(&self, endpoint: &str) -> Result<usize, EngineError> {
        self.0.queue.waiting(endpoint).await
    }

    async fn attempt(&self, waiting: Waiting) -> Result<(), EngineError> {
        let Parts { deliverer, metrics, clock, queue, .. } = &*self.0;
        let verdict = deliverer.deliver(&waiting.message, waiting.attempts + 1, clock.now(), metrics).await;
        queue.settle(&waiting, verdict).await
    }

    /// Starts the tasks. They run until they are aborted.
    pub fn start(&self) -> Vec<JoinHandle<()>> {
        let receivers = self.0.endpoints.iter().map(|endpoint| {
            let (notifier, name) = (self.clone(), endpoint.name.clone());
            tokio::spawn(async move {
                loop {
                    pause_if_idle(notifier.deliver_due(&name).await).await;
                }
            })
        });
        let mut tasks: Vec<JoinHandle<()>> = receivers.collect();
        let notifier = self.clone();
        tasks.push(tokio::spawn(async move {
            loop {
                pause_if_idle(notifier.dispatch_new().await).await;
            }
        }));
        tasks
    }
}

async fn pause_if_idle(outcome: Result<usize, EngineError>) {
    if let Err(error) = &outcome {
        tracing::warn!(%error, "webhooks are delayed; the next attempt follows");
    }
    if !matches!(outcome, Ok(1..)) {
        tokio::time::sleep(POLL).await;
    }
}
