//! The row of a session at an identity provider. It leads from the provider's `sid` to the user, and it remembers that the provider
//! has ended that session, even if the order overtook the sign-in.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use super::Store;
use super::error::StoreError;
use super::item::{self, Item, moment, text};
use super::schema::*;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::domain::upstream_session::UpstreamSession;

/// How long a row without a sign-in is kept: the greatest age of an assertion, the permitted clock skew, and a minute for instances
/// whose clocks differ.
const OUT_FOR: Duration = Duration::from_secs(720);

/// The update of a row that is kept for long enough, with its condition.
const VOID_KEPT: (&str, &str) =
    ("SET out_until = :until", "#ttl >= :ttl AND (attribute_not_exists(out_until) OR out_until < :until)");

/// The update of every other row, with its condition.
const VOID_AND_KEEP: (&str, &str) = (
    "SET out_until = :until, #ttl = :ttl",
    "(attribute_not_exists(#ttl) OR #ttl < :ttl) AND (attribute_not_exists(out_until) OR out_until < :until)",
);

/// Attempts of an order. More than two are made only if other requests change the row at the same time.
const ATTEMPTS: u32 = 4;

/// The row of a session at a provider, as a sign-in that failed reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpstreamRow {
    /// The provider has ended the session, so that assertions issued until then are void.
    out_until: Option<Timestamp>,
    /// DynamoDB keeps the row at least until then.
    kept_until: Option<Timestamp>,
}

impl UpstreamRow {
    /// Whether the provider has ended the session at or after `asserted_at`.
    pub fn is_over(&self, asserted_at: Timestamp) -> bool {
        self.out_until.is_some_and(|until| asserted_at <= until)
    }
}

/// The session at the provider that a sign-in names.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamLink<'l> {
    /// The session.
    pub session: &'l UpstreamSession,
    /// Its row, if it was read.
    pub row: UpstreamRow,
}

impl Store {
    /// Voids the assertions of a session at a provider that were issued until `until`, whether a sign-in has used it or not. Returns
    /// the user that signed in with it, if there is one. The row is kept for as long as these assertions, or for longer if it was.
    ///
    /// *Atomicity*: one UpdateItem, which fails the transaction of every sign-in with such an assertion from then on. A sign-in that
    /// was committed before has its session, which a read after this call returns. A row that would be deleted too early needs a
    /// second UpdateItem, because an update cannot choose the later of two times.
    ///
    /// # Errors
    /// The store failed, the row is malformed, or other requests changed it again and again. The call can be repeated.
    pub async fn void_upstream_session(
        &self,
        session: &UpstreamSession,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        let least = now + OUT_FOR;
        let mut is_kept = true;
        for _ in 0..ATTEMPTS {
            let (update, condition) = if is_kept { VOID_KEPT } else { VOID_AND_KEEP };
            let update = self
                .client
                .update_item()
                .table_name(&self.tables.sessions)
                .key(PK, text(key_of(session)))
                .key(SK, text(UPSTREAM_SESSION))
                .update_expression(update)
                .condition_expression(condition)
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":until", moment(until))
                .expression_attribute_values(":ttl", moment(least))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            let error = match self.send(update).await {
                Ok(reply) => return user_of(reply.attributes()),
                Err(error) => error,
            };
            let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
            else {
                return Err(StoreError::unavailable(error));
            };
            let row = failed.item().map(row_of).transpose()?.unwrap_or_default();
            if row.out_until >= Some(until) {
                return user_of(failed.item());
            }
            is_kept = row.kept_until >= Some(least);
        }
        Err(StoreError::Contended)
    }

    /// Reads the row of a session at a provider. Without a row the provider has not ended it.
    ///
    /// # Errors
    /// The store failed, or the row is malformed.
    pub async fn read_upstream_session(&self, session: &UpstreamSession) -> Result<UpstreamRow, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(key_of(session)))
            .key(SK, text(UPSTREAM_SESSION))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let reply = self.send(read).await.map_err(StoreError::unavailable)?;
        Ok(reply.item().map(row_of).transpose()?.unwrap_or_default())
    }

    /// The part of a sign-in's transaction that leads from the provider's session to the user. It fails if the provider has ended
    /// that session at or after `asserted_at`, or if the row is kept for longer than it was known: an older session can last longer
    /// than this one, if `SESSION_TTL` was reduced, and an order must find its user, too.
    pub(super) fn link_upstream_session(
        &self,
        UpstreamLink { session, row }: UpstreamLink<'_>,
        user: &UserId,
        asserted_at: Timestamp,
        kept_until: Timestamp,
    ) -> TransactWriteItem {
        let kept_until = row.kept_until.map_or(kept_until, |before| before.max(kept_until));
        let update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(key_of(session)))
            .key(SK, text(UPSTREAM_SESSION))
            .update_expression("SET user_id = :user, #ttl = :ttl")
            .condition_expression(
                "(attribute_not_exists(out_until) OR out_until < :asserted) AND (attribute_not_exists(#ttl) OR #ttl <= :ttl)",
            )
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":user", text(user.as_str()))
            .expression_attribute_values(":asserted", moment(asserted_at))
            .expression_attribute_values(":ttl", moment(kept_until))
            .build()
            .expect("table, key and expression are given");
        TransactWriteItem::builder().update(update).build()
    }
}

fn row_of(row: &Item) -> Result<UpstreamRow, StoreError> {
    Ok(UpstreamRow { out_until: item::may_be_at(row, OUT_UNTIL)?, kept_until: item::may_be_at(row, TTL)? })
}

fn key_of(session: &UpstreamSession) -> String {
    format!("I#{}", BASE64URL.encode(session.as_bytes()))
}

fn user_of(row: Option<&Item>) -> Result<Option<UserId>, StoreError> {
    let user = row.and_then(|row| item::optional(row, USER_ID));
    user.map(|user| user.parse().map_err(|_| StoreError::Malformed(USER_ID))).transpose()
}
