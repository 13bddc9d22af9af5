//! The only place that speaks DynamoDB: one method an intention, each atomic, each one call.
//!
//! | intention | operation | write units |
//! |---|---|---|
//! | [`Store::rotate`], [`Store::block`] | UpdateItem on the session, old row back either way | 1 |
//! | [`Store::open`] | transaction: session, head, event, and whoever makes room | 7, and 7 for each that ends |
//! | [`Store::end`] | transaction: delete, event and record for each, and the head | 7 each |
//! | [`Store::mark_pending_end`] | UpdateItem that no contention can starve | 1 |
//! | [`Store::user`], [`Store::session`], [`LiveSessions::find`] | consistent Query or GetItem | 0 |
//! | [`Store::attempt`] | UpdateItem that counts, the whole window back | 1 |
//! | [`Store::end_everyone`] | transaction: the global not-before and its event | 4 |
//!
//! There is no generic `save`: a write that does not say what it is for could raise the dead.

mod audit_trail;
pub(crate) mod backoff;
mod capacity;
mod cleanup_lease;
pub mod connect;
mod error;
mod expired_sessions;
mod global_revocation;
mod item;
#[cfg(test)]
mod item_size;
mod live_sessions;
mod rate_limits;
mod rotation;
pub mod schema;
mod session_end;
mod sign_in;
mod user_state;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem};

pub use audit_trail::{Trail, TrailQuery};
pub use capacity::Consumed;
pub use cleanup_lease::Checkpoint;
pub use error::{StoreError, TransactionOutcome};
pub use expired_sessions::{DuePage, RowKey};
use global_revocation::GlobalRevocationCache;
pub use global_revocation::{EVERYONE_TAKES, GlobalRevocation, SKEW};
use item::{session_item, session_of};
pub use live_sessions::LiveSessions;
pub use rate_limits::{Attempt, Refusal};
pub use rotation::ConditionalWrite;
pub use session_end::UserRecordUpdate;
pub use sign_in::SessionOpening;
pub use user_state::{UserRecord, UserState};

use crate::config::{Config, Tables};
use crate::domain::time::Timestamp;

/// The three tables behind one SDK client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: Tables,
    expiry_shards: u16,
    event_ttl: Duration,
    global_revocation: Arc<GlobalRevocationCache>,
}

impl Store {
    /// A store on the tables that the settings name.
    pub fn new(client: Client, config: &Config) -> Self {
        Self::with(client, config.tables.clone(), config.expiry_shards, config.event_ttl)
    }

    /// A store on these tables, for what has fewer settings.
    pub fn with(client: Client, tables: Tables, expiry_shards: u16, event_ttl: Duration) -> Self {
        Self { client, tables, expiry_shards, event_ttl, global_revocation: Arc::default() }
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
            .read_global_revocation()
            .customize()
            // A start must not wait for a second attempt.
            .config_override(aws_sdk_dynamodb::Config::builder().retry_config(RetryConfig::disabled()))
            .send();
        let outcome = tokio::time::timeout(Duration::from_millis(150), read).await;
        let reached = if let Ok(Ok(reply)) = &outcome {
            self.keep_global_revocation(reply.item(), now);
            true
        } else {
            false
        };
        tracing::debug!(reached, "the store was called to open its connection");
    }
}
