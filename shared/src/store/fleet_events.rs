//! The events of all users, newest first: reads of the index `fleet`.

use std::net::IpAddr;

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use uuid::Uuid;

use super::event_item::{event_of, id_of, network_partition};
use super::item::{self, Item, text};
use super::schema::*;
use super::user_key::user_in_key;
use super::{Store, StoreError};
use crate::domain::event::StoredEvent;
use crate::domain::fleet::scan::{Round, ShardPage};
use crate::domain::id::UserId;
use crate::domain::place::Network;

/// An event of any user.
#[derive(Clone, Debug)]
pub struct FleetEvent {
    /// The user; `None` for an event about a network or about all users.
    pub user: Option<UserId>,
    /// The event.
    pub event: StoredEvent,
    partition: String,
}

impl FleetEvent {
    /// An event of a user's own trail.
    pub fn of_user(user: UserId, event: StoredEvent) -> Self {
        Self { user: Some(user), event, partition: String::new() }
    }

    /// Whether its client is in `network`, or it is about `network`.
    pub fn is_of(&self, network: Network) -> bool {
        let ip = self.event.details["ip"].as_str().and_then(|ip| ip.parse::<IpAddr>().ok());
        ip.is_some_and(|ip| Network::of(ip) == network) || self.partition == network_partition(&network)
    }
}

impl Store {
    /// Reads the newest events of one partition of the index within a round. The index lags behind its table by a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read_fleet_shard(
        &self,
        partition: &str,
        round: &Round,
        limit: usize,
    ) -> Result<ShardPage<FleetEvent>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.security_events)
            .index_name(FLEET_INDEX)
            .key_condition_expression("fp = :partition AND event_id BETWEEN :low AND :high")
            .expression_attribute_values(":partition", text(partition))
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

/// Reads an event. A row that this version cannot read, for example of a newer version, does not hide the others.
fn readable(row: &Item) -> Option<(Uuid, FleetEvent)> {
    let event = fleet_event(row);
    event.inspect_err(|error| tracing::error!(%error, "malformed event row left out")).ok()
}

fn fleet_event(row: &Item) -> Result<(Uuid, FleetEvent), StoreError> {
    let partition = item::string(row, PK)?.to_owned();
    let user = user_in_key(&partition).or_else(|| item::optional(row, USER_ID)?.parse().ok());
    let event = event_of(row)?;
    Ok((event.id, FleetEvent { user, event, partition }))
}
