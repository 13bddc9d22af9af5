//! The audit trail: written with what it tells of, or right after it; read newest first.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, Put, PutRequest, ReturnConsumedCapacity, TransactWriteItem, WriteRequest,
};
use serde_json::{Map, Value};

use super::Store;
use super::error::StoreError;
use super::item::{self, Item, moment, number, text};
use super::schema::*;
use crate::clock::Timestamp;
use crate::event::Event;
use crate::id::{SessionId, UserId};

/// An event as it is read back.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its id, which orders the trail.
    pub id: String,
    /// Its type.
    pub event_type: String,
    /// Its severity.
    pub severity: String,
    /// The session it tells of.
    pub session: Option<SessionId>,
    /// When.
    pub created_at: Timestamp,
    /// Its facts.
    pub details: Value,
}

impl Store {
    /// Writes events on their own, at most 25: observations, which no state hangs on.
    ///
    /// *Atomicity*: each event is written or not; one that the store left over is an error.
    ///
    /// # Errors
    /// The store cannot say, or was too busy for all of them.
    pub async fn record(&self, events: &[Event]) -> Result<(), StoreError> {
        let put = |event: &Event| {
            let put = PutRequest::builder().set_item(Some(event_item(event, event.at + self.event_ttl)));
            WriteRequest::builder().put_request(put.build().expect("the item is given")).build()
        };
        let reply = self
            .client
            .batch_write_item()
            .request_items(&self.tables.security_events, events.iter().map(put).collect())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let left_over = reply.unprocessed_items().is_some_and(|items| !items.is_empty());
        if left_over { Err(StoreError::Contended) } else { Ok(()) }
    }

    /// The newest events of one session: of the user's newest 200, at most `limit`.
    ///
    /// # Errors
    /// The store cannot say.
    pub async fn session_events(
        &self,
        user: &UserId,
        session: &SessionId,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&self.tables.security_events)
            .key_condition_expression("pk = :pk")
            .filter_expression("session_id = :session")
            .expression_attribute_values(":pk", text(item::user_key(user)))
            .expression_attribute_values(":session", text(session.to_string()))
            .scan_index_forward(false)
            .limit(200)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        reply.items().iter().take(limit).map(event_of).collect()
    }

    pub(super) fn put_event(&self, event: &Event) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.tables.security_events)
            .set_item(Some(event_item(event, event.at + self.event_ttl)));
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    }
}

fn event_item(event: &Event, ttl: Timestamp) -> Item {
    Item::from([
        (PK.into(), text(item::user_key(&event.user))),
        (EVENT_ID.into(), text(event.id.to_string())),
        ("event_type".into(), text(event.kind.name())),
        ("severity".into(), text(event.kind.severity().as_str())),
        ("session_id".into(), text(event.session.to_string())),
        ("created_at".into(), moment(event.at)),
        ("details".into(), attribute(Value::Object(event.kind.details()))),
        (TTL.into(), moment(ttl)),
    ])
}

fn event_of(row: &Item) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id: item::string(row, EVENT_ID)?.to_owned(),
        event_type: item::string(row, "event_type")?.to_owned(),
        severity: item::string(row, "severity")?.to_owned(),
        session: item::optional(row, "session_id").and_then(|id| id.parse().ok()),
        created_at: item::timestamp(row, "created_at")?,
        details: row.get("details").map(json).unwrap_or_default(),
    })
}

/// JSON as an attribute.
fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(digits) => number(digits),
        Value::String(string) => text(string),
        Value::Array(list) => AttributeValue::L(list.into_iter().map(attribute).collect()),
        Value::Object(map) => AttributeValue::M(
            map.into_iter().map(|(name, value)| (name, attribute(value))).collect::<HashMap<_, _>>(),
        ),
    }
}

/// An attribute as JSON.
fn json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(string) => Value::String(string.clone()),
        AttributeValue::N(digits) => serde_json::from_str(digits).unwrap_or_default(),
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::L(list) => list.iter().map(json).collect(),
        AttributeValue::M(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), json(value))).collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}
