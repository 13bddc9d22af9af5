//! The sign-ins of a network, newest first: one row for each, written by the sign-in's own transaction.
//!
//! The rows are in the table of events: partition `N#<network>#<day>#<shard>`, sort key the id of the event `login`.

use std::time::Duration;

use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, TransactWriteItem};
use uuid::Uuid;

use super::event_item::id_of;
use super::item::{self, Item, moment, text};
use super::schema::*;
use super::{Store, StoreError};
use crate::domain::event::Event;
use crate::domain::fleet::scan::{Round, ShardPage, day_of};
use crate::domain::id::{SessionId, UserId};
use crate::domain::place::Network;
use crate::domain::session::Session;
use crate::domain::session::lifetimes::SESSION_TTL_MAX;
use crate::domain::time::Timestamp;

/// Partitions of one network and day. A partition accepts about 500 sign-ins a second.
pub const SIGN_IN_SHARDS: u8 = 4;

/// How long a row outlives its session, at least.
const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// A sign-in from a network.
#[derive(Clone, Debug)]
pub struct NetworkSignIn {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the session was opened.
    pub created_at: Timestamp,
    /// The device in one line, for example `Chrome on Windows`.
    pub device: Option<String>,
}

impl Store {
    /// How long the list of a network may have a sign-in: longer than any session lives, so that it has all live sessions.
    pub fn sign_ins_kept(&self) -> Duration {
        self.event_ttl.max(SESSION_TTL_MAX + KEPT_FOR)
    }

    /// The part of a sign-in's transaction that adds the session to the list of its network. `None` if the address of the client
    /// is unknown. The row lives as long as the event of the sign-in, and as long as the session.
    pub(super) fn put_network_sign_in(&self, session: &Session, login: &Event) -> Option<TransactWriteItem> {
        let network = Network::of(session.client.ip?);
        let shard = login.id.as_bytes()[15] % SIGN_IN_SHARDS;
        let until = (login.at + self.event_ttl).max(session.absolute_expires_at + KEPT_FOR);
        let item = Item::from([
            (PK.into(), text(partition(network, &day_of(login.id), shard))),
            (EVENT_ID.into(), text(login.id.to_string())),
            (USER_ID.into(), text(session.user.as_str())),
            ("session_id".into(), text(session.id.to_string())),
            ("created_at".into(), moment(login.at)),
            (SIGN_IN_DEVICE.into(), text(session.client.device.label())),
            (TTL.into(), moment(until)),
        ]);
        let put = Put::builder().table_name(&self.tables.security_events).set_item(Some(item));
        Some(TransactWriteItem::builder().put(put.build().expect("table and item are given")).build())
    }

    /// Reads the newest sign-ins of one shard of a network within a round: one consistent Query.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read_sign_in_shard(
        &self,
        network: Network,
        shard: u8,
        round: &Round,
        limit: usize,
    ) -> Result<ShardPage<NetworkSignIn>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.security_events)
            .consistent_read(true)
            .key_condition_expression("pk = :partition AND event_id BETWEEN :low AND :high")
            .expression_attribute_values(":partition", text(partition(network, &round.day, shard)))
            .expression_attribute_values(":low", text(round.low.to_string()))
            .expression_attribute_values(":high", text(round.high.to_string()))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let reply = Box::pin(query.send()).await.map_err(StoreError::unavailable)?;
        let entries = reply.items().iter().filter_map(readable).collect();
        let more_below = reply.last_evaluated_key().map(id_of).transpose()?;
        Ok(ShardPage { entries, more_below })
    }
}

fn partition(network: Network, day: &str, shard: u8) -> String {
    format!("N#{network}#{day}#{shard}")
}

fn readable(row: &Item) -> Option<(Uuid, NetworkSignIn)> {
    let sign_in = sign_in_of(row);
    sign_in.inspect_err(|error| tracing::error!(%error, "malformed sign-in row left out")).ok()
}

fn sign_in_of(row: &Item) -> Result<(Uuid, NetworkSignIn), StoreError> {
    let sign_in = NetworkSignIn {
        user: item::string(row, USER_ID)?.parse().map_err(|_| StoreError::Malformed(USER_ID))?,
        session: item::string(row, "session_id")?.parse().map_err(|_| StoreError::Malformed("session_id"))?,
        created_at: item::timestamp(row, "created_at")?,
        device: item::optional(row, SIGN_IN_DEVICE).map(str::to_owned),
    };
    Ok((id_of(row)?, sign_in))
}
