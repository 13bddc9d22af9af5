//! The audit trail: events are written together with what they record, or right after it, and read newest first.

use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, PutRequest, ReturnConsumedCapacity, TransactWriteItem, WriteRequest,
};
use uuid::Uuid;

use super::Store;
use super::error::StoreError;
use super::event_item::{event_item, event_of, id_of, pointer_item};
use super::item::{Item, moment, text};
use super::schema::*;
use super::user_key::user_key;
use crate::domain::event::{Event, StoredEvent};
use crate::domain::fleet::window::{Window, first_id_of};
use crate::domain::id::{SessionId, UserId, sign_in_second};
use crate::domain::session::end::EndReason;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// A query for a user's events.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only events older than this one.
    pub before: Option<Uuid>,
    /// Only events at or after this moment.
    pub since: Option<Timestamp>,
    /// Only events with this id or a higher one.
    pub not_below: Option<Uuid>,
    /// Only events of this time, whatever their ids are.
    pub created_in: Option<Window>,
    /// Only events of this type.
    pub event_type: Option<String>,
    /// Only events of at least this severity.
    pub severity: Option<Severity>,
    /// Only events of this session.
    pub session: Option<SessionId>,
    /// Without the ends of sessions that expired.
    pub without_expired: bool,
    /// At most this many events.
    pub limit: usize,
}

/// A page of the audit trail, newest first.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// The id to continue with; `None` at the end. A filtered page can be short and still continue.
    pub next: Option<Uuid>,
}

/// There is no event with this key.
const IS_NEW: &str = "attribute_not_exists(pk)";

/// Items that one filtered page examines at most, so that no filter makes a call expensive.
const ITEMS_PER_PAGE: usize = 1_000;

impl Store {
    /// Writes up to 12 events that no state depends on.
    ///
    /// *Atomicity*: each event is written or not. An event that DynamoDB did not process is an error.
    ///
    /// # Errors
    /// The store failed, or could not process all events.
    pub async fn record(&self, events: &[Event]) -> Result<(), StoreError> {
        let put = |item: Item| {
            let put = PutRequest::builder().set_item(Some(item));
            WriteRequest::builder().put_request(put.build().expect("the item is given")).build()
        };
        let items = |event: &Event| {
            let ttl = event.at + self.event_ttl;
            std::iter::once(event_item(event, ttl)).chain(pointer_item(event, ttl))
        };
        let reply = self
            .client
            .batch_write_item()
            .request_items(&self.tables.security_events, events.iter().flat_map(items).map(put).collect())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let left_over = reply.unprocessed_items().is_some_and(|items| !items.is_empty());
        if left_over { Err(StoreError::Contended) } else { Ok(()) }
    }

    /// Writes an event, unless it is there already. Returns false if it was there, and then leaves it as it is.
    ///
    /// *Atomicity*: one conditional PutItem. An event that raises an alert gets its pointer before, so that it is never without one: a
    /// pointer alone finds no event. A transaction would conflict with others, and alerts must not wait for them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn record_once(&self, event: &Event) -> Result<bool, StoreError> {
        let ttl = event.at + self.event_ttl;
        let put = |item: Item| {
            self.client
                .put_item()
                .table_name(&self.tables.security_events)
                .set_item(Some(item))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
        };
        if let Some(pointer) = pointer_item(event, ttl) {
            Box::pin(put(pointer).send()).await.map_err(StoreError::unavailable)?;
        }
        let request = put(event_item(event, ttl)).condition_expression(IS_NEW);
        match Box::pin(request.send()).await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Reads a page of a user's audit trail: one call, however long the history is.
    ///
    /// # Errors
    /// The store failed, or a row is malformed.
    pub async fn read_audit_page(&self, user: &UserId, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let filters = query.filters();
        let limit = if filters.is_empty() { query.limit } else { ITEMS_PER_PAGE };
        let mut request = self
            .client
            .query()
            .table_name(&self.tables.security_events)
            .expression_attribute_values(":pk", text(user_key(user)))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        request = match query.begin() {
            None => request.key_condition_expression("pk = :pk"),
            Some(lowest) => request
                .key_condition_expression("pk = :pk AND event_id >= :lowest")
                .expression_attribute_values(":lowest", text(lowest.to_string())),
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
                .exclusive_start_key(PK, text(user_key(user)))
                .exclusive_start_key(EVENT_ID, text(before.to_string()));
        }
        let reply = request.send().await.map_err(StoreError::unavailable)?;
        let events = reply.items().iter().take(query.limit).filter_map(readable).collect::<Vec<_>>();
        let cut_short = reply.items().len() > query.limit;
        let last_examined = reply.last_evaluated_key().map(id_of).transpose()?;
        let next = if cut_short { events.last().map(|event| event.id) } else { last_examined };
        Ok(AuditPage { events, next })
    }

    pub(super) fn put_event(&self, event: &Event) -> TransactWriteItem {
        self.put_event_until(event, event.at + self.event_ttl)
    }

    /// As [`Store::put_event`], on the condition that the event is not there.
    pub(super) fn put_new_event(&self, event: &Event) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.tables.security_events)
            .set_item(Some(event_item(event, event.at + self.event_ttl)))
            .condition_expression(IS_NEW);
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    }

    pub(super) fn put_pointer(&self, event: &Event) -> Option<TransactWriteItem> {
        let item = pointer_item(event, event.at + self.event_ttl)?;
        let put = Put::builder().table_name(&self.tables.security_events).set_item(Some(item));
        let put = put.build().expect("table and item are given");
        Some(TransactWriteItem::builder().put(put).build())
    }

    pub(super) fn put_event_until(&self, event: &Event, ttl: Timestamp) -> TransactWriteItem {
        let put =
            Put::builder().table_name(&self.tables.security_events).set_item(Some(event_item(event, ttl)));
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    }
}

type Filter = (&'static str, Vec<(&'static str, AttributeValue)>);

/// How much earlier than the second in a session's id its first event may be, because that second is the issuer's.
const SESSION_ID_SKEW: Duration = Duration::from_secs(120);

impl AuditQuery {
    /// The lowest id that can match: no event of a session is older than the session. So the query does not read the whole
    /// history of the user.
    fn begin(&self) -> Option<Uuid> {
        let second = self.session.as_ref().and_then(sign_in_second);
        let sign_in = second.map(|second| Timestamp::from_seconds(second).before(SESSION_ID_SKEW));
        self.since.into_iter().chain(sign_in).map(first_id_of).chain(self.not_below).max()
    }

    fn filters(&self) -> Vec<Filter> {
        let event_type =
            self.event_type.as_ref().map(|name| ("event_type = :type", vec![(":type", text(name))]));
        let session =
            self.session.map(|id| ("session_id = :session", vec![(":session", text(id.to_string()))]));
        let severity = self.severity.map(|least| {
            let names = [":s0", ":s1", ":s2", ":s3", ":s4"];
            let level =
                |(name, severity): (&'static str, Severity)| (name, text(severity.max(least).as_str()));
            let levels = names.into_iter().zip(Severity::ALL.iter().copied()).map(level).collect();
            ("severity IN (:s0, :s1, :s2, :s3, :s4)", levels)
        });
        let created = self.created_in.map(|window| {
            let moments = vec![(":from", moment(window.from())), (":to", moment(window.to()))];
            ("created_at BETWEEN :from AND :to", moments)
        });
        let expired = ("details.reason <> :expired", vec![(":expired", text(EndReason::Expired.as_str()))]);
        let expired = self.without_expired.then_some(expired);
        [event_type, session, severity, created, expired].into_iter().flatten().collect()
    }
}

/// Reads an event. A row that this version cannot read, for example of a newer version, does not hide the others.
fn readable(row: &Item) -> Option<StoredEvent> {
    let event = event_of(row);
    event.inspect_err(|error| tracing::error!(%error, "malformed event row left out")).ok()
}
