//! The device key of a session: its registration and its confirmation, one conditional UpdateItem each.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::Store;
use super::error::StoreError;
use super::item::{bound_key, device_point, key_hash, moment, number, text};
use super::rotation::{ConditionalWrite, condition_held};
use super::schema::*;
use crate::domain::session::Session;
use crate::domain::session::device_key::{DeviceKey, DeviceRegistration};
use crate::domain::session::refresh_token::RefreshToken;

/// The session lives, is at the generation of the offer or the next one, and has no confirmed device key.
const MAY_REGISTER: &str = "attribute_exists(pk) AND g BETWEEN :gen AND :after AND n = :nonce AND e > :now \
     AND x > :now AND attribute_not_exists(z) AND attribute_not_exists(dc)";

/// Makes the next generation. The newest idempotency key also makes that one.
const REGISTER: &str = "SET g = g + :one, dk = :dk, r = :now, a = :now, e = :e, k = :k, #ttl = :ttl, eb = :eb, \
     q2 = if_not_exists(q1, :none), q3 = if_not_exists(q2, :none)";

/// The session has not ended, and has this device key.
const MAY_CONFIRM: &str = "attribute_exists(pk) AND attribute_not_exists(z) AND n = :nonce AND dk = :dk";

impl Store {
    /// Registers a device key, and makes the next generation.
    ///
    /// *Atomicity*: one UpdateItem. It cannot replace a key that has been confirmed.
    ///
    /// # Errors
    /// The store failed. The write may have happened; a later registration replaces it.
    pub async fn register_device_key(
        &self,
        token: &RefreshToken,
        registration: &DeviceRegistration,
    ) -> Result<ConditionalWrite, StoreError> {
        let DeviceRegistration { offered_at, point, expires_at, sealed_by, now } = *registration;
        let bucket = Bucket::of_session(&token.session, expires_at, self.expiry_shards).to_string();
        let mut condition = MAY_REGISTER.to_owned();
        let mut request = self
            .update_session(&token.user, &token.session)
            .update_expression(REGISTER)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":gen", number(offered_at))
            .expression_attribute_values(":after", number(offered_at.saturating_add(1)))
            .expression_attribute_values(
                ":nonce",
                AttributeValue::B(Blob::new(token.nonce.hash().as_bytes())),
            )
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":dk", device_point(&point))
            .expression_attribute_values(":now", moment(now))
            .expression_attribute_values(":e", moment(expires_at))
            .expression_attribute_values(":k", text(sealed_by.as_str()))
            .expression_attribute_values(":ttl", moment(expires_at + TTL_BACKSTOP))
            .expression_attribute_values(":eb", text(bucket))
            .expression_attribute_values(":none", key_hash(None))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match token.bound_key {
            Some(key) => {
                condition.push_str(" AND jk = :jkt");
                request = request.expression_attribute_values(":jkt", bound_key(key));
            }
            None => condition.push_str(" AND attribute_not_exists(jk)"),
        }
        self.write_conditionally(request.condition_expression(condition), &token.user, now).await
    }

    /// Confirms the device key that the row of `session` has. Returns false, and writes nothing, if the session has ended or has
    /// another key by now.
    ///
    /// *Atomicity*: one UpdateItem, which can be repeated.
    ///
    /// # Errors
    /// The store failed. The write may have happened; the next proof finds out.
    pub async fn confirm_device_key(&self, session: &Session, key: &DeviceKey) -> Result<bool, StoreError> {
        let nonce = AttributeValue::B(Blob::new(session.nonce_hash.as_bytes()));
        let request = self
            .update_session(&session.user, &session.id)
            .update_expression("SET dc = :yes, jk = if_not_exists(jk, :jkt)")
            .condition_expression(MAY_CONFIRM)
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":jkt", bound_key(key.point.bound_key()))
            .expression_attribute_values(":nonce", nonce)
            .expression_attribute_values(":dk", device_point(&key.point));
        condition_held(request.send().await)
    }
}
