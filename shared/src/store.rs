//! DynamoDB. One method for each intention, and each method is one atomic call.
//!
//! | method | operation |
//! |---|---|
//! | [`Store::rotate`], [`Store::block`] | conditional UpdateItem on the session; returns the row in either case |
//! | [`Store::record_replay`], [`Store::register_device_key`], [`Store::confirm_device_key`] | conditional UpdateItem on the session |
//! | [`Store::write_findings`], [`Store::touch`] | UpdateItem on the session; does not create a row |
//! | [`Store::open`] | transaction: session, user record, events, evicted sessions, their row of the revocation feed, the session at the provider |
//! | [`Store::tie_credential`] | conditional UpdateItem on the row of an order's credential |
//! | [`Store::void_upstream_session`] | conditional UpdateItem on the row of a session at a provider; returns its user |
//! | [`Store::end_session`] | transaction: delete, event and end record; a row of the revocation feed; further events, if they are new |
//! | [`Store::end_many`] | transaction: for each session delete, event and end record; a row of the revocation feed; the user record; further events |
//! | [`Store::mark_pending_end`] | UpdateItem, which contention cannot starve |
//! | [`Store::record_pending_end`] | transaction: delete, event and end record |
//! | [`Store::list_in_feed`] | PutItem of a row of the revocation feed, for pending ends |
//! | [`Store::read_feed`] | consistent Query of each partition of the revocation feed, and GetItem of the global revocation |
//! | [`Store::end_everyone`] | transaction: the global revocation and its event |
//! | [`Store::suspend`] | transaction: a suspension, its event and the version of the user record, whatever that is |
//! | [`Store::resume`] | transaction: the end of a suspension and its event |
//! | [`Store::read_user_state`] | consistent Query |
//! | [`Store::read_session`], [`LiveSessions::find`], [`Store::end_record`], [`Store::read_upstream_session`] | consistent GetItem |
//! | [`Store::global_revocation`] | GetItem, or none while the copy in memory is fresh |
//! | [`Store::record`] | BatchWriteItem of events, with a pointer to each that raises an alert |
//! | [`Store::record_once`] | conditional PutItem of an event, after its pointer if it raises an alert |
//! | [`Store::read_audit_page`] | Query |
//! | [`Store::read_fleet_shard`] | Query of the index `fleet` |
//! | [`Store::read_sign_in_shard`] | Query |
//! | [`Store::count_events`], [`Store::count_live_sessions`] | Queries of the indexes `fleet` and `expiry` |
//! | [`Store::set_hour_counts`], [`Store::set_live_sessions`] | UpdateItem of an hour of the overview |
//! | [`Store::read_hours`] | Query |
//! | [`Store::find_event`], [`Store::event_of_user`] | consistent GetItem of the pointer, and of the event |
//! | [`Store::find_user`], [`Store::find_user_by_row`] | consistent GetItem of the end record; Queries of the index `expiry` |
//! | [`Store::attempt`], [`Store::refuse`], [`Store::subtract_attempts`] | UpdateItem on the counts of a rate limit |
//! | [`Store::forget_attempts`] | DeleteItem of the counts |
//! | [`Store::take_lease`], [`Store::give_lease_back`] | conditional UpdateItem and DeleteItem of the lease of cleanup |
//! | [`Store::checkpoint`], [`Store::keep_checkpoint`] | GetItem and PutItem of the checkpoint |
//! | [`Store::due`], [`Store::sessions`] | Query of the index `expiry`, BatchGetItem of the rows |
//! | [`Store::record_all`], [`Store::delete_expired`] | BatchWriteItem of events, conditional DeleteItem |
//!
//! `docs/cost.md` has the measured prices.
//!
//! There is no generic `save`, because a write without a condition of its own could bring an ended session back.

mod attempts;
mod audit_trail;
pub(crate) mod backoff;
mod capacity;
mod cleanup_lease;
pub mod connect;
mod device_key;
mod direct;
mod error;
mod event_item;
mod expired_sessions;
mod fleet_events;
mod fleet_hours;
mod fleet_partition;
mod fleet_sign_ins;
mod global_revocation;
pub(crate) mod in_parallel;
mod item;
#[cfg(test)]
mod item_size;
mod live_sessions;
mod look_up;
mod order_credential;
mod rate_limits;
mod revocation_feed;
mod rotation;
pub mod schema;
mod session_end;
mod sign_in;
pub mod stream_record;
mod suspension;
mod upstream_session;
mod user_key;
mod user_state;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem};

pub use audit_trail::{AuditPage, AuditQuery};
pub use capacity::Consumed;
pub use cleanup_lease::Checkpoint;
use connect::Connection;
use direct::{Call, Direct};
pub use error::{StoreError, TransactionOutcome};
pub use expired_sessions::{DuePage, RowKey};
pub use fleet_events::FleetEvent;
pub use fleet_hours::HourRow;
pub use fleet_partition::fleet_partitions;
pub use fleet_sign_ins::{NetworkSignIn, SIGN_IN_SHARDS};
use global_revocation::GlobalRevocationCache;
pub use global_revocation::{GLOBAL_REVOCATION_DELAY, GlobalRevocation};
use item::{session_item, session_of};
pub use live_sessions::LiveSessions;
pub use look_up::FoundEvent;
pub use rate_limits::{Attempt, RefusalOutcome};
pub use revocation_feed::FeedRead;
pub use rotation::ConditionalWrite;
pub use session_end::{EndOutcome, UserRecordUpdate};
pub use sign_in::SessionOpening;
pub use upstream_session::{UpstreamLink, UpstreamRow};
pub use user_key::user_key;
pub use user_state::{UserRecord, UserState, VoidedAssertions};

use crate::config::{Config, Tables};
use crate::domain::time::Timestamp;

/// Items of one transaction, at most. *Source*: Amazon DynamoDB Developer Guide, "Service quotas".
const TRANSACTION_MAX: usize = 100;

/// The three tables, behind one SDK client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    direct: Option<Arc<Direct>>,
    tables: Tables,
    expiry_shards: u16,
    event_ttl: Duration,
    /// The longest lifetime of an access token. `None` in programs that end no session, so that they list none in the feed.
    access_lifetime: Option<Duration>,
    global_revocation: Arc<GlobalRevocationCache>,
}

impl Store {
    /// A store on the tables in the settings.
    pub fn new(connection: impl Into<Connection>, config: &Config) -> Self {
        let store = Self::with(connection, config.tables.clone(), config.expiry_shards, config.event_ttl);
        Self { access_lifetime: Some(config.longest_access_lifetime()), ..store }
    }

    /// A store on these tables, for programs with fewer settings. They end no live session.
    pub fn with(
        connection: impl Into<Connection>,
        tables: Tables,
        expiry_shards: u16,
        event_ttl: Duration,
    ) -> Self {
        let Connection { client, direct } = connection.into();
        Self {
            client,
            direct,
            tables,
            expiry_shards,
            event_ttl,
            access_lifetime: None,
            global_revocation: Arc::default(),
        }
    }

    /// Sends a call that may be repeated: directly if possible, else through the SDK. The future is boxed, because it has 17 kB
    /// and every future that waits for it would contain it.
    async fn send<C: Call>(&self, call: C) -> Result<C::Output, SdkError<C::Error, HttpResponse>> {
        match &self.direct {
            Some(direct) => Box::pin(direct.send(call)).await,
            None => Box::pin(call.send(attempts::ATTEMPTS)).await,
        }
    }

    /// Sends a call that must not be repeated, because a repetition would count twice.
    async fn send_once<C: Call>(&self, call: C) -> Result<C::Output, SdkError<C::Error, HttpResponse>> {
        match &self.direct {
            Some(direct) => Box::pin(direct.send_once(call)).await,
            None => Box::pin(call.send(1)).await,
        }
    }

    /// Starts a transaction.
    fn transaction(&self, items: Vec<TransactWriteItem>) -> TransactWriteItemsFluentBuilder {
        debug_assert!(
            items.len() <= TRANSACTION_MAX,
            "DynamoDB refuses a transaction of {} items",
            items.len()
        );
        self.client
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// Opens the connection during a function's start, when its CPU is not throttled, with the one read that every
    /// instance needs. A failure is ignored, because the first request repeats the read.
    pub async fn warm(&self, now: Timestamp) {
        let read = self
            .read_global_revocation()
            .customize()
            // One attempt only, so that the start does not wait for a store that is down.
            .config_override(aws_sdk_dynamodb::Config::builder().retry_config(RetryConfig::disabled()))
            .send();
        let outcome = tokio::time::timeout(Duration::from_millis(150), read).await;
        let reached = if let Ok(Ok(reply)) = &outcome {
            self.keep_global_revocation(reply.item(), now);
            true
        } else {
            false
        };
        tracing::debug!(reached, "connection to the store opened");
    }
}
