//! Cleanup's access to the tables: find expired sessions, record their ends, delete their rows.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest,
};

use super::capacity::Consumed;
use super::error::StoreError;
use super::event_item::event_item;
use super::item::{self, Item, moment, text};
use super::schema::*;
use super::user_key::{user_in_key, user_key};
use super::{Store, session_of};
use crate::domain::event::Event;
use crate::domain::id::UserId;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::store::backoff::back_off;

/// Rows on one page of the index: as many as one read of the table takes.
const PAGE: i32 = 100;

/// Events that one call writes.
const EVENTS_PER_CALL: usize = 25;

/// Attempts for items that DynamoDB did not process.
const LEFTOVER_ATTEMPTS: u32 = 6;

/// The key of a row.
#[derive(Clone, Debug)]
pub struct RowKey(Item);

/// A page of the rows in a bucket.
#[derive(Clone, Debug)]
pub struct DuePage {
    /// The keys of the rows.
    pub keys: Vec<RowKey>,
    /// Where to continue; `None` at the end.
    pub next: Option<RowKey>,
}

impl Store {
    /// Reads the keys of the rows in a bucket, page by page. The index lags behind its table by a moment.
    ///
    /// # Errors
    /// The store failed.
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

    /// Reads the current rows of up to 100 keys. Returns the sessions and the number of malformed rows. Rows that no longer
    /// exist are left out.
    ///
    /// # Errors
    /// The store failed, or did not process all keys after several attempts.
    pub async fn sessions(
        &self,
        keys: Vec<RowKey>,
        now: Timestamp,
        consumed: &Consumed,
    ) -> Result<(Vec<Session>, u64), StoreError> {
        let revocation = self.global_revocation(now).await?;
        let rows = self.rows(keys.into_iter().map(|key| key.0).collect(), consumed).await?;
        let long_ids = self.long_ids(&rows, consumed).await?;
        let (mut sessions, mut malformed) = (vec![], 0);
        for row in &rows {
            let key = item::optional(row, PK).unwrap_or_default();
            let user = user_in_key(key).or_else(|| long_ids.get(key).cloned());
            let session = user.ok_or(StoreError::Malformed(PK)).and_then(|user| session_of(row, &user));
            match session {
                Ok(session) => sessions.push(revocation.mark(session)),
                Err(error) => {
                    malformed += 1;
                    tracing::error!(%error, "malformed session row skipped by cleanup");
                }
            }
        }
        Ok((sessions, malformed))
    }

    /// The ids of users whose rows have a hash as their key, by this key. The user records contain them.
    async fn long_ids(
        &self,
        rows: &[Item],
        consumed: &Consumed,
    ) -> Result<HashMap<String, UserId>, StoreError> {
        let keys =
            rows.iter().filter_map(|row| item::optional(row, PK)).filter(|key| user_in_key(key).is_none());
        let keys: BTreeSet<&str> = keys.collect();
        let records = keys.iter().map(|key| Item::from([(PK.into(), text(*key)), (SK.into(), text("HEAD"))]));
        let records = self.rows(records.collect(), consumed).await?;
        let entry = |record: &Item| {
            let key = item::optional(record, PK)?.to_owned();
            Some((key, item::optional(record, USER_ID)?.parse().ok()?))
        };
        Ok(records.iter().filter_map(entry).collect())
    }

    /// Reads up to 100 rows consistently, and repeats the keys that DynamoDB did not process.
    async fn rows(&self, mut wanted: Vec<Item>, consumed: &Consumed) -> Result<Vec<Item>, StoreError> {
        let mut rows = vec![];
        for attempt in 0..LEFTOVER_ATTEMPTS {
            if wanted.is_empty() {
                return Ok(rows);
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
            rows.extend(reply.responses().into_iter().flat_map(HashMap::values).flatten().cloned());
            let left = reply.unprocessed_keys().and_then(|tables| tables.get(&self.tables.sessions));
            wanted = left.map(|left| left.keys().to_vec()).unwrap_or_default();
            if !wanted.is_empty() {
                back_off(attempt).await;
            }
        }
        if wanted.is_empty() { Ok(rows) } else { Err(StoreError::Contended) }
    }

    /// Writes any number of events. An event that exists stays as it is.
    ///
    /// # Errors
    /// The store failed, or did not process all events after several attempts. Writing them again is safe.
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

    /// Deletes a session's row, if the session expired before `due`. Returns false if the row is gone or was refreshed.
    ///
    /// *Atomicity*: one conditional DeleteItem.
    ///
    /// # Errors
    /// The store failed.
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
            .key(PK, text(user_key(&session.user)))
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
}

fn owned((name, value): (&String, &AttributeValue)) -> (String, AttributeValue) {
    (name.clone(), value.clone())
}
