//! Look-ups without a user id, for administrators: from the id of an alert's event, or of a session, to the user.
//!
//! An ordinary sign-in or refresh pays nothing for them. An event that raises an alert is written together with a
//! pointer, because only the ids of such events leave the audit trail. A live session is found in the index `expiry`, an
//! ended one by its end record.

use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use uuid::Uuid;

use super::event_item::{PARTITION, POINTER, event_of, pointer_key};
use super::in_parallel::{AT_ONCE, in_parallel};
use super::item::{self, Item, text};
use super::schema::*;
use super::user_key::{user_in_key, user_key};
use super::{Store, StoreError};
use crate::domain::event::StoredEvent;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;

/// An event, and the user in whose trail it is. An event about all users has none.
#[derive(Clone, Debug)]
pub struct FoundEvent {
    /// The user.
    pub user: Option<UserId>,
    /// The event.
    pub event: StoredEvent,
}

/// How long the row of an expired session may wait for cleanup and still be found.
const NOT_CLEANED_FOR: Duration = Duration::from_secs(86_400);

impl Store {
    /// Finds an event that raised an alert: two consistent reads by key.
    ///
    /// # Errors
    /// The store failed, or a row is malformed.
    pub async fn find_event(&self, id: Uuid) -> Result<Option<FoundEvent>, StoreError> {
        let Some(pointer) = self.event_row(&pointer_key(id), POINTER).await? else { return Ok(None) };
        let partition = item::string(&pointer, PARTITION)?;
        let event = self.event_row(partition, &id.to_string()).await?;
        let Some(row) = event else { return Ok(None) };
        let user = user_in_key(partition).or_else(|| item::optional(&row, USER_ID)?.parse().ok());
        Ok(Some(FoundEvent { user, event: event_of(&row)? }))
    }

    /// Reads one event of a user: one consistent read by key.
    ///
    /// # Errors
    /// The store failed, or the row is malformed.
    pub async fn event_of_user(&self, user: &UserId, id: Uuid) -> Result<Option<StoredEvent>, StoreError> {
        let row = self.event_row(&user_key(user), &id.to_string()).await?;
        row.as_ref().map(event_of).transpose()
    }

    /// Finds the user of a session that is live, or that was revoked. A session that expired and was cleaned up is found
    /// only as long as an event of it is known.
    ///
    /// Reads the end record, and then as [`Store::find_user_by_row`].
    ///
    /// # Errors
    /// The store failed, or a row is malformed.
    pub async fn find_user(
        &self,
        session: &SessionId,
        refresh_lifetime: Duration,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        match self.end_record(session).await? {
            Some(record) => Ok(Some(record.user)),
            None => self.find_user_by_row(session, refresh_lifetime, now).await,
        }
    }

    /// Finds the user of a session that has a row.
    ///
    /// Reads one key of each day on which the session may expire, half a read unit each. The latest day comes first, because a
    /// session in use expires on it. The others follow 16 at a time, because sessions that may wait a year for a refresh
    /// have 368 of them, and that many reads one after the other would take longer than a request may.
    ///
    /// # Errors
    /// The store failed, or a row is malformed.
    pub async fn find_user_by_row(
        &self,
        session: &SessionId,
        refresh_lifetime: Duration,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        let bucket = |moment| Bucket::of_session(session, moment, self.expiry_shards);
        let (first, last) = (bucket(now.before(NOT_CLEANED_FOR)), bucket(now + refresh_lifetime));
        if let Some(user) = self.user_in_bucket(session, last).await? {
            return Ok(Some(user));
        }
        let mut days = (first.day..last.day).rev();
        loop {
            let together: Vec<_> = days.by_ref().take(AT_ONCE).collect();
            if together.is_empty() {
                return Ok(None);
            }
            let calls = together.into_iter().map(|day| {
                let (store, session, bucket) = (self.clone(), *session, Bucket { day, ..last });
                async move { store.user_in_bucket(&session, bucket).await }
            });
            if let Some(user) = in_parallel(calls).await?.into_iter().flatten().next() {
                return Ok(Some(user));
            }
        }
    }

    async fn user_in_bucket(
        &self,
        session: &SessionId,
        bucket: Bucket,
    ) -> Result<Option<UserId>, StoreError> {
        let reply = self
            .client
            .query()
            .table_name(&self.tables.sessions)
            .index_name(EXPIRY_INDEX)
            .key_condition_expression("eb = :bucket AND sk = :session")
            .expression_attribute_values(":bucket", text(bucket.to_string()))
            .expression_attribute_values(":session", text(item::session_key(session)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let Some(row) = reply.items().first() else { return Ok(None) };
        let key = item::string(row, PK)?;
        let user = match user_in_key(key) {
            Some(user) => Some(user),
            None => self.user_in_record(key).await?,
        };
        user.map(Some).ok_or(StoreError::Malformed(PK))
    }

    /// Reads a long user id, whose key is a hash, in the user record.
    async fn user_in_record(&self, key: &str) -> Result<Option<UserId>, StoreError> {
        let record = Item::from([(PK.into(), text(key)), (SK.into(), text("HEAD"))]);
        let reply = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .set_key(Some(record))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(reply.item.as_ref().and_then(|row| item::optional(row, USER_ID)?.parse().ok()))
    }

    async fn event_row(&self, partition: &str, id: &str) -> Result<Option<Item>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.tables.security_events)
            .key(PK, text(partition))
            .key(EVENT_ID, text(id))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(reply.item)
    }
}
