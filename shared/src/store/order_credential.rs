//! The row of a credential that authenticates an order with an unsigned body: one credential serves one subject.

use aws_lc_rs::digest;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use super::Store;
use super::error::StoreError;
use super::item::{moment, text};
use super::schema::*;
use crate::domain::id::UserId;
use crate::domain::session::CLOCK_SKEW_MAX;
use crate::domain::time::Timestamp;

impl Store {
    /// Ties a credential to the user of its order. Returns false if it is tied to another user: it was copied. The same pair can be
    /// tied any number of times.
    ///
    /// *Atomicity*: one conditional UpdateItem.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tie_credential(
        &self,
        credential: &[u8; 16],
        user: &UserId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let hash = digest::digest(&digest::SHA256, user.as_str().as_bytes());
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(format!("J#{}", BASE64URL.encode(credential))))
            .key(SK, text(ORDER_CREDENTIAL))
            .update_expression("SET sh = :user, #ttl = :ttl")
            .condition_expression("attribute_not_exists(sh) OR sh = :user")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":user", AttributeValue::B(Blob::new(&hash.as_ref()[..16])))
            // An instance whose clock is behind accepts the credential for longer.
            .expression_attribute_values(":ttl", moment(expires_at + CLOCK_SKEW_MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }
}
