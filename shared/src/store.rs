//! The only place that speaks DynamoDB: one method an intention, each atomic, each one call.
//!
//! | intention | operation | write units |
//! |---|---|---|
//! | [`Store::rotate`], [`Store::block`] | UpdateItem on the session, old row back either way | 1 |
//! | [`Store::open`] | transaction: session, head, event, and whoever makes room | 7, and 7 for each that ends |
//! | [`Store::end`] | transaction: delete, event and record for each, and the head | 7 each |
//! | [`Store::mark_ending`] | UpdateItem that no contention can starve | 1 |
//! | [`Store::user`], [`Store::session`] | consistent Query or GetItem | 0 |
//!
//! There is no generic `save`: a write that does not say what it is for could raise the dead.

pub mod connect;
mod ending;
mod error;
mod events;
mod item;
mod opening;
mod reading;
mod rotating;
pub mod schema;
#[cfg(test)]
mod size;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;

pub use ending::HeadBump;
pub use error::{Committed, StoreError};
pub use events::{StoredEvent, Trail, TrailQuery};
use item::{session_item, session_of};
pub use opening::Opening;
pub use reading::{Head, UserState};
pub use rotating::Conditional;

use crate::config::{Config, Tables};

/// The three tables behind one SDK client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: Tables,
    expiry_shards: u16,
    event_ttl: Duration,
}

impl Store {
    /// A store on the tables that the settings name.
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            tables: config.tables.clone(),
            expiry_shards: config.expiry_shards,
            event_ttl: config.event_ttl,
        }
    }

    /// Opens the connection while a starting function's CPU is not throttled; what it finds does not matter.
    pub async fn warm(&self) {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(schema::PK, item::text("G#"))
            .key(schema::SK, item::text("CONTROL"))
            .customize()
            // A start must not wait for a second attempt.
            .config_override(aws_sdk_dynamodb::Config::builder().retry_config(RetryConfig::disabled()))
            .send();
        let outcome = tokio::time::timeout(Duration::from_millis(150), read).await;
        tracing::debug!(
            reached = matches!(outcome, Ok(Ok(_))),
            "the store was called to open its connection"
        );
    }
}
