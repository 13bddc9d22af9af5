//! The lease and the checkpoint of cleanup: one row keeps two runs apart, the other lets a run continue where the
//! previous one stopped.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::Store;
use super::capacity::Consumed;
use super::error::StoreError;
use super::item::{self, Item, moment, number, text};
use super::schema::*;
use crate::domain::time::Timestamp;

/// The progress of cleanup across runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The first day that is not finished; `None` before the first run.
    pub day: Option<i64>,
    /// The shard counts that rows may have, each with the last day on which it was the setting.
    pub shards: BTreeMap<u16, i64>,
}

impl Store {
    /// Takes or renews cleanup's lease. Returns false if another run holds it.
    ///
    /// *Atomicity*: one conditional UpdateItem.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_lease(
        &self,
        owner: &str,
        until: Timestamp,
        now: Timestamp,
        consumed: &Consumed,
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
            .expression_attribute_values(":now", moment(now))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match request.send().await {
            Ok(reply) => {
                consumed.writes(reply.consumed_capacity());
                Ok(true)
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Releases the lease, if this run still holds it.
    ///
    /// # Errors
    /// The store failed. The lease then expires by itself.
    pub async fn give_lease_back(&self, owner: &str, consumed: &Consumed) -> Result<(), StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(LEASE))
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", LEASE_OWNER)
            .expression_attribute_values(":owner", text(owner))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match request.send().await {
            Ok(reply) => {
                consumed.writes(reply.consumed_capacity());
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Reads the checkpoint.
    ///
    /// # Errors
    /// The store failed. A malformed checkpoint counts as none, so that all days are read again.
    pub async fn checkpoint(&self, consumed: &Consumed) -> Result<Checkpoint, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(CHECKPOINT))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        consumed.reads(reply.consumed_capacity());
        Ok(reply.item().map(checkpoint_of).unwrap_or_default())
    }

    /// Writes the checkpoint.
    ///
    /// # Errors
    /// The store failed. The next run then reads more days than necessary.
    pub async fn keep_checkpoint(
        &self,
        checkpoint: &Checkpoint,
        consumed: &Consumed,
    ) -> Result<(), StoreError> {
        let shards = checkpoint.shards.iter().map(|(of, day)| (of.to_string(), number(day))).collect();
        let reply = self
            .client
            .put_item()
            .table_name(&self.tables.sessions)
            .item(PK, text(GLOBAL))
            .item(SK, text(CHECKPOINT))
            .item(CHECKPOINT_DAY, number(checkpoint.day.unwrap_or_default()))
            .item(CHECKPOINT_SHARDS, AttributeValue::M(shards))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        consumed.writes(reply.consumed_capacity());
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
