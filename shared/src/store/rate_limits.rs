//! Rate-limit counters: one atomic `ADD` for each attempt, without a read before it, so that no attempt is lost.
//!
//! A row holds the key, a number for each sub-window (`b<index>`), and `blocked_until` while the key is refused. The SDK
//! does not retry these calls, because a retried count would count twice.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};

use super::error::StoreError;
use super::item::{self, Item, moment, number, text};
use super::schema::*;
use super::{Store, attempts};
use crate::domain::limit::Policy;
use crate::domain::limit::sliding_window::{SubWindowCounts, SubWindows};
use crate::domain::time::Timestamp;

/// The result of counting an attempt.
#[derive(Clone, Debug)]
pub enum Attempt {
    /// Counted. These are all counts of the window.
    Counted(SubWindowCounts),
    /// The key is refused until this second. Nothing was counted.
    Refused(Timestamp),
}

/// The result of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalOutcome {
    /// The end of the refusal.
    pub until: Timestamp,
    /// Whether this call started it. Exactly one call of a refusal does.
    pub first: bool,
}

/// The key is not refused now.
const MAY_COUNT: &str = "attribute_not_exists(blocked_until) OR blocked_until <= :now";

/// Sub-windows without effect that a row may hold, far below the size of a second write unit.
const STALE_MAX: usize = 30;

/// How long a row stays after its window and its block.
const TTL_MARGIN: Duration = Duration::from_secs(3_600);

impl Store {
    /// Counts one attempt, unless the key is refused.
    ///
    /// *Atomicity*: one UpdateItem. Of N attempts at the same time each gets a different sum.
    ///
    /// # Errors
    /// The store failed. The attempt may have been counted.
    pub async fn attempt(&self, key: &str, policy: &Policy, now: Timestamp) -> Result<Attempt, StoreError> {
        let sub_windows = SubWindows::of(policy);
        let newest = sub_windows.index(now);
        // The sub-windows of the window before. Older ones are removed once there are many.
        let stale: Vec<String> =
            ((newest - 3 * sub_windows.parts)..=(newest - sub_windows.parts)).map(sub_window).collect();
        let request = self
            .update_limit(key)
            .update_expression(format!(
                "SET #ttl = :ttl ADD {} :one REMOVE blocked_until, {}",
                sub_window(newest),
                stale.join(", ")
            ))
            .condition_expression(MAY_COUNT)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":ttl", ttl(policy, now))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", moment(now))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let row = match self.send_once(request).await {
            Ok(reply) => reply.attributes.unwrap_or_default(),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    return blocked_until(refused.item()).map(Attempt::Refused);
                }
                _ => return Err(StoreError::unavailable(error)),
            },
        };
        let mut counts = counts_of(&row);
        let current = counts.0.split_off(&(newest - sub_windows.parts + 1));
        self.sweep(key, &counts).await;
        Ok(Attempt::Counted(SubWindowCounts(current)))
    }

    /// Refuses a key until `until`, and subtracts the attempt over the limit, because a refused attempt does not count. An
    /// existing refusal stays as it is, and a row that was deleted in the meantime stays deleted.
    ///
    /// *Atomicity*: one UpdateItem; one more if the key is already refused.
    ///
    /// # Errors
    /// The store failed. The attempt may still count.
    pub async fn refuse(
        &self,
        key: &str,
        policy: &Policy,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<RefusalOutcome, StoreError> {
        let slot = sub_window(SubWindows::of(policy).index(now));
        let outcome = self
            .update_limit(key)
            .update_expression(format!("SET blocked_until = :until, #ttl = :ttl ADD {slot} :less"))
            .condition_expression(format!("attribute_exists(#key) AND ({MAY_COUNT})"))
            .expression_attribute_names("#key", KEY)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":ttl", ttl(policy, now))
            .expression_attribute_values(":until", moment(until))
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":now", moment(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .customize()
            .config_override(once())
            .send()
            .await;
        let Err(error) = outcome else { return Ok(RefusalOutcome { until, first: true }) };
        let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(StoreError::unavailable(error));
        };
        let Some(row) = refused.item().filter(|row| !row.is_empty()) else {
            return Ok(RefusalOutcome { until, first: false });
        };
        let until = item::timestamp(row, BLOCKED_UNTIL)?;
        // The key is refused, whether its own attempt can be subtracted or not.
        if let Err(error) = self
            .subtract_attempts(key, &SubWindowCounts([(SubWindows::of(policy).index(now), 1)].into()))
            .await
        {
            tracing::debug!(%error, "could not subtract a refused attempt");
        }
        Ok(RefusalOutcome { until, first: false })
    }

    /// Deletes the row of a key, its attempts and its refusal included. Returns the attempts.
    ///
    /// *Atomicity*: one DeleteItem.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_attempts(&self, key: &str) -> Result<SubWindowCounts, StoreError> {
        let reply = self
            .client
            .delete_item()
            .table_name(&self.tables.rate_limits)
            .key(KEY, text(key))
            .return_values(ReturnValue::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(reply.attributes().map(counts_of).unwrap_or_default())
    }

    /// Subtracts attempts from a key that counted them as well.
    ///
    /// *Atomicity*: one UpdateItem, which does not create a row.
    ///
    /// # Errors
    /// The store failed.
    pub async fn subtract_attempts(&self, key: &str, counts: &SubWindowCounts) -> Result<(), StoreError> {
        if counts.0.is_empty() {
            return Ok(());
        }
        let mut request = self.update_limit(key).condition_expression("attribute_exists(#key)");
        let mut parts = vec![];
        for (place, (index, count)) in counts.0.iter().enumerate() {
            parts.push(format!("{} :c{place}", sub_window(*index)));
            request = request.expression_attribute_values(format!(":c{place}"), number(-count));
        }
        let request = request
            .update_expression(format!("ADD {}", parts.join(", ")))
            .expression_attribute_names("#key", KEY)
            .customize()
            .config_override(once());
        super::rotation::condition_held(request.send().await).map(drop)
    }

    /// Removes old sub-windows, so that a row stays small: about one more write in thirty. Best effort, because they have
    /// no effect.
    async fn sweep(&self, key: &str, stale: &SubWindowCounts) {
        if stale.0.len() <= STALE_MAX {
            return;
        }
        let names: Vec<String> = stale.0.keys().map(|index| sub_window(*index)).collect();
        let request = self.update_limit(key).update_expression(format!("REMOVE {}", names.join(", ")));
        if let Err(error) = request.customize().config_override(once()).send().await {
            tracing::debug!(%error, "could not remove old sub-windows of a rate limit");
        }
    }

    fn update_limit(&self, key: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.tables.rate_limits)
            .key(KEY, text(key))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

/// Disables retries, because a retried count would count twice.
fn once() -> aws_sdk_dynamodb::config::Builder {
    attempts::with_attempts(1)
}

/// When DynamoDB may delete a row that is written at `now`.
fn ttl(policy: &Policy, now: Timestamp) -> AttributeValue {
    moment(now + policy.window.max(policy.block.unwrap_or_default()) + TTL_MARGIN)
}

fn sub_window(index: i64) -> String {
    format!("b{index}")
}

fn counts_of(row: &Item) -> SubWindowCounts {
    let entry = |name: &String| {
        let index = name.strip_prefix('b')?.parse().ok()?;
        let count = row.get(name)?.as_n().ok()?.parse().ok()?;
        Some((index, count))
    };
    SubWindowCounts(row.keys().filter_map(entry).collect())
}

fn blocked_until(row: Option<&Item>) -> Result<Timestamp, StoreError> {
    row.map_or(Err(StoreError::Malformed(BLOCKED_UNTIL)), |row| item::timestamp(row, BLOCKED_UNTIL))
}
