//! The rows of an event: the event itself and, if it raises an alert, a pointer to it.

mod json;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;
use uuid::Uuid;

use super::StoreError;
use super::fleet_partition::fleet_partition;
use super::item::{self, Item, moment, text};
use super::schema::*;
use super::user_key::{long_id, user_key};
use crate::domain::event::{Event, StoredEvent, Subject};
use crate::domain::place::Network;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// Sort key of the pointer to an event.
pub(super) const POINTER: &str = "EVENT";
/// pointer: the partition of the event
pub(super) const PARTITION: &str = "of";

/// The row of an event.
pub(super) fn event_item(event: &Event, ttl: Timestamp) -> Item {
    let mut item = Item::from([
        (PK.into(), text(partition(event))),
        (EVENT_ID.into(), text(event.id.to_string())),
        ("event_type".into(), text(event.kind.name())),
        ("severity".into(), text(event.kind.severity().as_str())),
        ("created_at".into(), moment(event.at)),
        ("details".into(), json::attribute(Value::Object(event.details()))),
        (TTL.into(), moment(ttl)),
        (FLEET_PARTITION.into(), text(fleet_partition(event.id, event.kind.severity()))),
    ]);
    if let Some(session) = event.session {
        item.insert("session_id".into(), text(session.to_string()));
    }
    if let Subject::User(user) = &event.subject {
        item.extend(long_id(user).map(|id| (USER_ID.into(), text(id))));
    }
    item
}

/// Partitions of one day's deployment-wide events, so that many events do not make one hot partition.
const SYSTEM_SHARDS: u8 = 16;

/// The partition of an event: its user's, else its network's or its day's.
fn partition(event: &Event) -> String {
    match &event.subject {
        Subject::User(user) => user_key(user),
        Subject::Network(network) => network_partition(network),
        Subject::Everyone => {
            let day = event.at.to_rfc3339();
            format!("sys#{}#{}", &day[..10], event.id.as_bytes()[15] % SYSTEM_SHARDS)
        }
    }
}

/// The partition of the events about a network without a known user. A network can identify a household. Only its hash is
/// stored, which is enough to find events of the same network.
pub(super) fn network_partition(network: &Network) -> String {
    let digest = digest::digest(&digest::SHA256, network.to_string().as_bytes());
    format!("net#{}", BASE64URL.encode(&digest.as_ref()[..12]))
}

/// The pointer to an event that raises an alert; `None` for any other event.
pub(super) fn pointer_item(event: &Event, ttl: Timestamp) -> Option<Item> {
    let is_alert = event.kind.severity() >= Severity::High;
    is_alert.then(|| {
        Item::from([
            (PK.into(), text(pointer_key(event.id))),
            (EVENT_ID.into(), text(POINTER)),
            (PARTITION.into(), text(partition(event))),
            (TTL.into(), moment(ttl)),
        ])
    })
}

pub(super) fn pointer_key(id: Uuid) -> String {
    format!("E#{id}")
}

/// Parses the row of an event.
///
/// # Errors
/// An attribute is missing or malformed.
pub(super) fn event_of(row: &Item) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id: id_of(row)?,
        event_type: item::string(row, "event_type")?.to_owned(),
        severity: Severity::parse(item::string(row, "severity")?).ok_or(StoreError::Malformed("severity"))?,
        session: item::optional(row, "session_id").and_then(|id| id.parse().ok()),
        created_at: item::timestamp(row, "created_at")?,
        details: row.get("details").map(json::value).unwrap_or_default(),
    })
}

pub(super) fn id_of(row: &Item) -> Result<Uuid, StoreError> {
    item::string(row, EVENT_ID)?.parse().map_err(|_| StoreError::Malformed(EVENT_ID))
}

#[cfg(test)]
mod tests;
