//! The only place that speaks DynamoDB: one method an intention, each atomic, each one call.
//!
//! | intention | operation | write units |
//! |---|---|---|
//! | [`Store::rotate`], [`Store::block`] | UpdateItem on the session, old row back either way | 1 |
//! | [`Store::open`] | transaction: session, head, event, and whoever makes room | 7, and 7 for each that ends |
//! | [`Store::end`] | transaction: delete, event and record for each, and the head | 7 each |
//! | [`Store::mark_ending`] | UpdateItem that no contention can starve | 1 |
//! | [`Store::user`], [`Store::session`], [`LiveSessions::find`] | consistent Query or GetItem | 0 |
//! | [`Store::attempt`] | UpdateItem that counts, the whole window back | 1 |
//! | [`Store::end_everyone`] | transaction: the global not-before and its event | 4 |
//!
//! There is no generic `save`: a write that does not say what it is for could raise the dead.

pub(crate) mod backoff;
mod cleaning;
pub mod connect;
mod consumed;
mod control;
mod ending;
mod error;
mod events;
mod item;
mod lease;
mod limits;
mod live;
mod opening;
mod reading;
mod rotating;
pub mod schema;
#[cfg(test)]
mod size;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem};

pub use cleaning::{DuePage, RowKey};
pub use consumed::Consumed;
use control::ControlCache;
pub use control::{Control, EVERYONE_TAKES, SKEW};
pub use ending::HeadBump;
pub use error::{Committed, StoreError};
pub use events::{Trail, TrailQuery};
use item::{session_item, session_of};
pub use lease::Checkpoint;
pub use limits::{Attempt, Refusal};
pub use live::LiveSessions;
pub use opening::Opening;
pub use reading::{Head, UserState};
pub use rotating::Conditional;

use crate::config::{Config, Tables};
use crate::domain::time::Timestamp;

/// The three tables behind one SDK client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: Tables,
    expiry_shards: u16,
    event_ttl: Duration,
    control: Arc<ControlCache>,
}

impl Store {
    /// A store on the tables that the settings name.
    pub fn new(client: Client, config: &Config) -> Self {
        Self::with(client, config.tables.clone(), config.expiry_shards, config.event_ttl)
    }

    /// A store on these tables, for what has fewer settings.
    pub fn with(client: Client, tables: Tables, expiry_shards: u16, event_ttl: Duration) -> Self {
        Self { client, tables, expiry_shards, event_ttl, control: Arc::default() }
    }

    /// The beginning of every transaction.
    fn transaction(&self, items: Vec<TransactWriteItem>) -> TransactWriteItemsFluentBuilder {
        self.client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// Opens the connection while a starting function's CPU is not throttled, with the one read that every
    /// instance needs; that it failed does not matter.
    pub async fn warm(&self, now: Timestamp) {
        let read = self
            .read_control()
            .customize()
            // A start must not wait for a second attempt.
            .config_override(aws_sdk_dynamodb::Config::builder().retry_config(RetryConfig::disabled()))
            .send();
        let outcome = tokio::time::timeout(Duration::from_millis(150), read).await;
        let reached = if let Ok(Ok(reply)) = &outcome {
            self.keep_control(reply.item(), now);
            true
        } else {
            false
        };
        tracing::debug!(reached, "the store was called to open its connection");
    }
}
