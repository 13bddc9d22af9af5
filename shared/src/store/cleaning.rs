//! What cleanup asks of the tables: which sessions are due, their ends recorded, their rows deleted; and the
//! two rows that keep its runs apart and tell how far it has come.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest,
};

use super::error::StoreError;
use super::events::event_item;
use super::item::{self, Item, moment, number, text};
use super::schema::*;
use super::{Store, session_of};
use crate::clock::Timestamp;
use crate::contention::back_off;
use crate::event::Event;
use crate::session::Session;

/// Rows that one page of the index names: as many as one read takes.
const PAGE: i32 = 100;

/// Events that one call writes.
const EVENTS_PER_CALL: usize = 25;

/// How often what DynamoDB left over is tried again.
const LEFTOVER_ATTEMPTS: u32 = 6;

/// Capacity that was consumed, as DynamoDB counted it.
#[derive(Debug, Default)]
pub struct Consumed {
    half_reads: AtomicU64,
    half_writes: AtomicU64,
}

/// The key of a row.
#[derive(Clone, Debug)]
pub struct RowKey(Item);

/// A page of the rows that lie in a bucket.
#[derive(Clone, Debug)]
pub struct DuePage {
    /// Their keys.
    pub keys: Vec<RowKey>,
    /// Where to go on; `None` at the end.
    pub next: Option<RowKey>,
}

/// How far cleanup has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The first day that is not done; `None` before the first run.
    pub day: Option<i64>,
    /// The shard counts that rows may lie under, and the last day each was the setting.
    pub shards: BTreeMap<u16, i64>,
}

impl Consumed {
    /// Read units so far.
    pub fn read_units(&self) -> f64 {
        self.half_reads.load(Ordering::Relaxed) as f64 / 2.0
    }

    /// Write units so far.
    pub fn write_units(&self) -> f64 {
        self.half_writes.load(Ordering::Relaxed) as f64 / 2.0
    }

    /// Adds what another part consumed.
    pub fn add(&self, other: &Self) {
        self.half_reads.fetch_add(other.half_reads.load(Ordering::Relaxed), Ordering::Relaxed);
        self.half_writes.fetch_add(other.half_writes.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn reads(&self, capacity: Option<&ConsumedCapacity>) {
        add(&self.half_reads, capacity);
    }

    fn writes(&self, capacity: Option<&ConsumedCapacity>) {
        add(&self.half_writes, capacity);
    }
}

fn add(halves: &AtomicU64, capacity: Option<&ConsumedCapacity>) {
    let units = capacity.and_then(ConsumedCapacity::capacity_units).unwrap_or_default();
    halves.fetch_add((units * 2.0).round() as u64, Ordering::Relaxed);
}

impl Store {
    /// The keys of the rows in a bucket, page by page. The index is a moment behind its table.
    ///
    /// # Errors
    /// The store cannot say.
    pub async fn due(
        &self,
        bucket: Bucket,
        after: Option<RowKey>,
        consumed: &Consumed,
    ) -> Result<DuePage, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&self.tables.sessions)
            .index_name(EXPIRY_INDEX)
            .key_condition_expression("eb = :bucket")
            .expression_attribute_values(":bucket", text(bucket.to_string()))
            .set_exclusive_start_key(after.map(|key| key.0))
            .limit(PAGE)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        consumed.reads(reply.consumed_capacity());
        let key = |row: &Item| RowKey(row.iter().filter(|(name, _)| *name != BUCKET).map(owned).collect());
        let keys = reply.items().iter().map(key).collect();
        Ok(DuePage { keys, next: reply.last_evaluated_key.map(RowKey) })
    }

    /// The sessions of at most 100 keys as their rows are now, and how many rows are malformed. A row that
    /// is gone is left out.
    ///
    /// # Errors
    /// The store cannot say, or left rows over again and again.
    pub async fn sessions(
        &self,
        keys: Vec<RowKey>,
        now: Timestamp,
        consumed: &Consumed,
    ) -> Result<(Vec<Session>, u64), StoreError> {
        let control = self.control(now).await?;
        let (mut sessions, mut malformed) = (vec![], 0);
        let mut wanted: Vec<Item> = keys.into_iter().map(|key| key.0).collect();
        for attempt in 0..LEFTOVER_ATTEMPTS {
            if wanted.is_empty() {
                return Ok((sessions, malformed));
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true);
            let reply = self
                .client
                .batch_get_item()
                .request_items(&self.tables.sessions, keys.build().expect("the keys are given"))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(StoreError::unavailable)?;
            reply.consumed_capacity().iter().for_each(|capacity| consumed.reads(Some(capacity)));
            for row in reply.responses().into_iter().flat_map(|tables| tables.values()).flatten() {
                match session_of(row) {
                    Ok(session) => sessions.push(control.mark(session)),
                    Err(error) => {
                        malformed += 1;
                        tracing::error!(%error, "a session's row is malformed and passed over by cleanup");
                    }
                }
            }
            let left = reply.unprocessed_keys().and_then(|tables| tables.get(&self.tables.sessions));
            wanted = left.map(|left| left.keys().to_vec()).unwrap_or_default();
            if !wanted.is_empty() {
                back_off(attempt).await;
            }
        }
        if wanted.is_empty() { Ok((sessions, malformed)) } else { Err(StoreError::Contended) }
    }

    /// Writes events, any number of them; one that is there already stays as it is.
    ///
    /// # Errors
    /// The store cannot say, or left events over again and again: write them again.
    pub async fn record_all(&self, events: &[Event], consumed: &Consumed) -> Result<(), StoreError> {
        for chunk in events.chunks(EVENTS_PER_CALL) {
            let put = |event: &Event| {
                let put = PutRequest::builder().set_item(Some(event_item(event, event.at + self.event_ttl)));
                WriteRequest::builder().put_request(put.build().expect("the item is given")).build()
            };
            let mut wanted: Vec<WriteRequest> = chunk.iter().map(put).collect();
            let mut attempt = 0;
            while !wanted.is_empty() {
                if attempt == LEFTOVER_ATTEMPTS {
                    return Err(StoreError::Contended);
                }
                if attempt > 0 {
                    back_off(attempt).await;
                }
                let reply = self
                    .client
                    .batch_write_item()
                    .request_items(&self.tables.security_events, wanted)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(StoreError::unavailable)?;
                reply.consumed_capacity().iter().for_each(|capacity| consumed.writes(Some(capacity)));
                let left = reply.unprocessed_items().and_then(|left| left.get(&self.tables.security_events));
                wanted = left.cloned().unwrap_or_default();
                attempt += 1;
            }
        }
        Ok(())
    }

    /// Deletes a session's row, if it is over before `due`. False when it is gone or lives on after all.
    ///
    /// *Atomicity*: one conditional DeleteItem.
    ///
    /// # Errors
    /// The store cannot say.
    pub async fn delete_expired(
        &self,
        session: &Session,
        due: Timestamp,
        consumed: &Consumed,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(item::user_key(&session.user)))
            .key(SK, text(item::session_key(&session.id)))
            .condition_expression("e <= :due OR x <= :due")
            .expression_attribute_values(":due", moment(due))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match request.send().await {
            Ok(reply) => {
                consumed.writes(reply.consumed_capacity());
                Ok(true)
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Takes the lease of cleanup, or holds on to it. False when another run has it.
    ///
    /// *Atomicity*: one conditional UpdateItem.
    ///
    /// # Errors
    /// The store cannot say.
    pub async fn take_lease(
        &self,
        owner: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(LEASE))
            .update_expression("SET #owner = :owner, #until = :until")
            .condition_expression("attribute_not_exists(#owner) OR #owner = :owner OR #until <= :now")
            .expression_attribute_names("#owner", LEASE_OWNER)
            .expression_attribute_names("#until", LEASE_UNTIL)
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":until", moment(until))
            .expression_attribute_values(":now", moment(now));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Gives the lease back, if it is still this run's.
    ///
    /// # Errors
    /// The store cannot say; the lease then ends by itself.
    pub async fn give_lease_back(&self, owner: &str) -> Result<(), StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(LEASE))
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", LEASE_OWNER)
            .expression_attribute_values(":owner", text(owner));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// How far cleanup has come.
    ///
    /// # Errors
    /// The store cannot say. A malformed checkpoint counts as none: everything is looked at again.
    pub async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(CHECKPOINT))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(reply.item().map(checkpoint_of).unwrap_or_default())
    }

    /// Remembers how far cleanup has come.
    ///
    /// # Errors
    /// The store cannot say; the next run then looks at more than it need.
    pub async fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let shards = checkpoint.shards.iter().map(|(of, day)| (of.to_string(), number(day))).collect();
        self.client
            .put_item()
            .table_name(&self.tables.sessions)
            .item(PK, text(GLOBAL))
            .item(SK, text(CHECKPOINT))
            .item(CHECKPOINT_DAY, number(checkpoint.day.unwrap_or_default()))
            .item(CHECKPOINT_SHARDS, AttributeValue::M(shards))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(())
    }
}

fn checkpoint_of(row: &Item) -> Checkpoint {
    let shards = row.get(CHECKPOINT_SHARDS).and_then(|value| value.as_m().ok());
    let entry =
        |(of, day): (&String, &AttributeValue)| Some((of.parse().ok()?, day.as_n().ok()?.parse().ok()?));
    Checkpoint {
        day: item::integer(row, CHECKPOINT_DAY).ok(),
        shards: shards.into_iter().flatten().filter_map(entry).collect(),
    }
}

fn owned((name, value): (&String, &AttributeValue)) -> (String, AttributeValue) {
    (name.clone(), value.clone())
}
