//! The audit trail: written with what it tells of, or right after it; read newest first.

mod json;

use aws_lc_rs::digest;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, PutRequest, ReturnConsumedCapacity, TransactWriteItem, WriteRequest,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;
use uuid::Uuid;

use super::Store;
use super::error::StoreError;
use super::item::{self, Item, moment, text};
use super::schema::*;
use crate::domain::event::{Event, StoredEvent, Subject};
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::end::EndReason;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// Which events of a user to read.
#[derive(Clone, Debug, Default)]
pub struct TrailQuery {
    /// Only those older than this one.
    pub before: Option<Uuid>,
    /// Only those of this moment and later.
    pub since: Option<Timestamp>,
    /// Only of this type.
    pub event_type: Option<String>,
    /// Only this bad or worse.
    pub severity: Option<Severity>,
    /// Only of this session.
    pub session: Option<SessionId>,
    /// Not the ends of sessions that merely expired.
    pub without_expired: bool,
    /// At most so many.
    pub limit: usize,
}

/// A page of the trail, newest first.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where to go on; `None` at the end. A filtered page may be short and still go on.
    pub next: Option<Uuid>,
}

/// Items that one page of a filtered trail looks at, so that no filter makes a call expensive.
const LOOKED_AT: usize = 1_000;

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

    /// A page of a user's trail: one call, however long the history.
    ///
    /// # Errors
    /// The store cannot say, or a row is malformed.
    pub async fn trail(&self, user: &UserId, query: &TrailQuery) -> Result<Trail, StoreError> {
        let filters = query.filters();
        let looked_at = if filters.is_empty() { query.limit } else { LOOKED_AT };
        let mut request = self
            .client
            .query()
            .table_name(&self.tables.security_events)
            .expression_attribute_values(":pk", text(item::user_key(user)))
            .scan_index_forward(false)
            .limit(i32::try_from(looked_at).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        request = match query.since {
            None => request.key_condition_expression("pk = :pk"),
            Some(since) => request
                .key_condition_expression("pk = :pk AND event_id >= :since")
                .expression_attribute_values(":since", text(first_id_of(since).to_string())),
        };
        if !filters.is_empty() {
            let expressions: Vec<&str> = filters.iter().map(|(expression, _)| *expression).collect();
            request = request.filter_expression(expressions.join(" AND "));
            for (name, value) in filters.into_iter().flat_map(|(_, values)| values) {
                request = request.expression_attribute_values(name, value);
            }
        }
        if let Some(before) = query.before {
            request = request
                .exclusive_start_key(PK, text(item::user_key(user)))
                .exclusive_start_key(EVENT_ID, text(before.to_string()));
        }
        let reply = request.send().await.map_err(StoreError::unavailable)?;
        let events = reply.items().iter().take(query.limit).filter_map(readable).collect::<Vec<_>>();
        let cut_short = reply.items().len() > query.limit;
        let last_looked_at = reply.last_evaluated_key().map(id_of).transpose()?;
        let next = if cut_short { events.last().map(|event| event.id) } else { last_looked_at };
        Ok(Trail { events, next })
    }

    pub(super) fn put_event(&self, event: &Event) -> TransactWriteItem {
        self.put_event_until(event, event.at + self.event_ttl)
    }

    pub(super) fn put_event_until(&self, event: &Event, ttl: Timestamp) -> TransactWriteItem {
        let put =
            Put::builder().table_name(&self.tables.security_events).set_item(Some(event_item(event, ttl)));
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    }
}

type Filter = (&'static str, Vec<(&'static str, AttributeValue)>);

impl TrailQuery {
    fn filters(&self) -> Vec<Filter> {
        let event_type =
            self.event_type.as_ref().map(|name| ("event_type = :type", vec![(":type", text(name))]));
        let session =
            self.session.map(|id| ("session_id = :session", vec![(":session", text(id.to_string()))]));
        let severity = self.severity.map(|least| {
            let names = [":s0", ":s1", ":s2", ":s3", ":s4"];
            let level =
                |(name, severity): (&'static str, Severity)| (name, text(severity.max(least).as_str()));
            let levels = names.into_iter().zip(Severity::ALL).map(level).collect();
            ("severity IN (:s0, :s1, :s2, :s3, :s4)", levels)
        });
        let expired = ("details.reason <> :expired", vec![(":expired", text(EndReason::Expired.as_str()))]);
        let expired = self.without_expired.then_some(expired);
        [event_type, session, severity, expired].into_iter().flatten().collect()
    }
}

/// The smallest event id of a second.
fn first_id_of(moment: Timestamp) -> Uuid {
    let millis = u64::try_from(moment.seconds().saturating_mul(1_000)).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

pub(super) fn event_item(event: &Event, ttl: Timestamp) -> Item {
    let mut item = Item::from([
        (PK.into(), text(partition(event))),
        (EVENT_ID.into(), text(event.id.to_string())),
        ("event_type".into(), text(event.kind.name())),
        ("severity".into(), text(event.kind.severity().as_str())),
        ("created_at".into(), moment(event.at)),
        ("details".into(), json::attribute(Value::Object(event.kind.details()))),
        (TTL.into(), moment(ttl)),
    ]);
    if let Some(session) = event.session {
        item.insert("session_id".into(), text(session.to_string()));
    }
    item
}

/// Partitions of one day's events about everyone, so that a bad day is no hot partition.
const SYSTEM_SHARDS: u8 = 16;

/// Where an event lies: in its user's trail, else with its network's or its day's.
fn partition(event: &Event) -> String {
    match &event.subject {
        Subject::User(user) => item::user_key(user),
        // A network names a household: it is kept as a hash, enough to find what belongs together.
        Subject::Network(network) => {
            let digest = digest::digest(&digest::SHA256, network.to_string().as_bytes());
            format!("net#{}", BASE64URL.encode(&digest.as_ref()[..12]))
        }
        Subject::Everyone => {
            let day = event.at.to_rfc3339();
            format!("sys#{}#{}", &day[..10], event.id.as_bytes()[15] % SYSTEM_SHARDS)
        }
    }
}

/// An event that this version cannot read, perhaps of a newer one, must not hide the others.
fn readable(row: &Item) -> Option<StoredEvent> {
    let event = event_of(row);
    event.inspect_err(|error| tracing::error!(%error, "an event's row is malformed and left out")).ok()
}

fn event_of(row: &Item) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id: id_of(row)?,
        event_type: item::string(row, "event_type")?.to_owned(),
        severity: Severity::parse(item::string(row, "severity")?).ok_or(StoreError::Malformed("severity"))?,
        session: item::optional(row, "session_id").and_then(|id| id.parse().ok()),
        created_at: item::timestamp(row, "created_at")?,
        details: row.get("details").map(json::value).unwrap_or_default(),
    })
}

fn id_of(row: &Item) -> Result<Uuid, StoreError> {
    item::string(row, EVENT_ID)?.parse().map_err(|_| StoreError::Malformed(EVENT_ID))
}
