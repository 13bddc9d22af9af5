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

impl Store {
    /// Voids the assertions of a session at a provider that were issued until `until`, whether a sign-in has used it or not. Returns
    /// the user that signed in with it, if there is one.
    ///
    /// *Atomicity*: one UpdateItem, which fails the transaction of every sign-in with such an assertion from then on. A sign-in that
    /// was committed before has its session, which a read after this call returns.
    ///
    /// # Errors
    /// The store failed, or the row is malformed. The call can be repeated.
    pub async fn void_upstream_session(
        &self,
        session: &UpstreamSession,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(key_of(session)))
            .key(SK, text(UPSTREAM_SESSION))
            .update_expression("SET out_until = :until, #ttl = if_not_exists(#ttl, :ttl)")
            .condition_expression("attribute_not_exists(out_until) OR out_until < :until")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":until", moment(until))
            .expression_attribute_values(":ttl", moment(now + OUT_FOR))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match update.send().await {
            Ok(reply) => user_of(reply.attributes()),
            Err(error) => match error.as_service_error() {
                // The provider ended it up to a later moment already.
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => user_of(failed.item()),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Whether the provider has ended a session at or after `asserted_at`.
    ///
    /// # Errors
    /// The store failed, or the row is malformed.
    pub async fn is_upstream_session_over(
        &self,
        session: &UpstreamSession,
        asserted_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(key_of(session)))
            .key(SK, text(UPSTREAM_SESSION))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let reply = read.send().await.map_err(StoreError::unavailable)?;
        let Some(row) = reply.item() else { return Ok(false) };
        Ok(item::may_be_at(row, OUT_UNTIL)?.is_some_and(|until| asserted_at <= until))
    }

    /// The part of a sign-in's transaction that leads from the provider's session to the user. It fails if the provider has ended
    /// that session at or after `asserted_at`.
    pub(super) fn link_upstream_session(
        &self,
        session: &UpstreamSession,
        user: &UserId,
        asserted_at: Timestamp,
        kept_until: Timestamp,
    ) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(key_of(session)))
            .key(SK, text(UPSTREAM_SESSION))
            .update_expression("SET user_id = :user, #ttl = :ttl")
            .condition_expression("attribute_not_exists(out_until) OR out_until < :asserted")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":user", text(user.as_str()))
            .expression_attribute_values(":asserted", moment(asserted_at))
            .expression_attribute_values(":ttl", moment(kept_until))
            .build()
            .expect("table, key and expression are given");
        TransactWriteItem::builder().update(update).build()
    }
}

fn key_of(session: &UpstreamSession) -> String {
    format!("I#{}", BASE64URL.encode(session.as_bytes()))
}

fn user_of(row: Option<&Item>) -> Result<Option<UserId>, StoreError> {
    let user = row.and_then(|row| item::optional(row, USER_ID));
    user.map(|user| user.parse().map_err(|_| StoreError::Malformed(USER_ID))).transpose()
}
