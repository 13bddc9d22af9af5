//! The write of a refresh: one conditional UpdateItem that returns the row in either case.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};

use super::error::StoreError;
use super::item::{self, bound_key, client_attributes, key_hash, moment, number, text};
use super::schema::*;
use super::user_key::user_key;
use super::{Store, session_of};
use crate::domain::id::{SessionId, UserId};
use crate::domain::risk::{self, StoredFinding};
use crate::domain::session::Session;
use crate::domain::session::evidence::{KEY_REPLAY, KeyHash};
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::rotation::Rotation;
use crate::domain::time::Timestamp;

/// The result of a conditional write on a session.
#[derive(Clone, Debug)]
pub enum ConditionalWrite {
    /// Written. This is the row before the write.
    Applied(Box<Session>),
    /// Written, but a global revocation had ended the session. This is the row before the write, with its pending end.
    AppliedToEnded(Box<Session>),
    /// Not written, because the condition failed. This is the row, if there is one.
    Rejected(Option<Box<Session>>),
}

/// The row is the token's, live, at the token's generation, and not blocked.
const MAY_ROTATE: &str = "attribute_exists(pk) AND g = :gen AND n = :nonce AND e > :now AND x > :now \
     AND attribute_not_exists(z) AND (attribute_not_exists(b) OR b <= :now)";

/// The session is bound to the token's key, or to none like the token.
const IS_BOUND: &str = " AND jk = :jkt";
const IS_NOT_BOUND: &str = " AND attribute_not_exists(jk)";

/// As `IS_BOUND`, for a token in the body. A session with a device key has its tokens in cookies only.
const IS_BOUND_TO_NO_DEVICE: &str = " AND jk = :jkt AND attribute_not_exists(dc)";

/// The request's key did not make the current generation in the last ten minutes. Otherwise the request is a repetition,
/// and the row that DynamoDB returns has its answer.
const IS_NO_REPETITION: &str =
    " AND (attribute_not_exists(q1) OR q1 <> :q OR r <= :replay_ago OR r >= :replay_ahead)";

/// Moves the keys by one slot, as [`crate::domain::session::evidence::RotationState::rotated`] does. The right-hand sides
/// read the old values. `if_not_exists` is for rows of the version without keys.
const SHIFT_KEYS: &str = ", q1 = :q, q2 = if_not_exists(q1, :none), q3 = if_not_exists(q2, :none)";

/// The session is still at this generation and has not ended. That the generation before was not granted in the same way
/// needs no condition: it could only be recorded while it was the current one, so the row that was judged shows it.
const MAY_RECORD_REPLAY: &str = "g = :gen AND attribute_not_exists(z)";

impl Store {
    /// Makes the next generation, if the row is still at the token's generation.
    ///
    /// *Atomicity*: one UpdateItem. Of any number of rotations of one generation exactly one is applied.
    ///
    /// # Errors
    /// The store failed. The write may have happened; repeating the same refresh finds out.
    pub async fn rotate(
        &self,
        token: &RefreshToken,
        rotation: &Rotation,
    ) -> Result<ConditionalWrite, StoreError> {
        let mut set = String::from(
            "SET g = :next, r = :now, a = :now, e = :e, ws = :ws, wc = :wc, k = :k, #ttl = :ttl, eb = :eb",
        );
        let mut remove = String::from(" REMOVE b");
        set.push_str(SHIFT_KEYS);
        let mut request = self
            .conditional_update(token, rotation.made_by, rotation.rotated_at)
            .expression_attribute_values(":q", key_hash(rotation.made_by))
            .expression_attribute_values(":none", key_hash(None));
        for (name, value) in client_attributes(&rotation.client) {
            match value {
                Some(value) => {
                    set.push_str(&format!(", {name} = :{name}_"));
                    request = request.expression_attribute_values(format!(":{name}_"), value);
                }
                None => remove.push_str(&format!(", {name}")),
            }
        }
        let bucket = Bucket::of_session(&token.session, rotation.expires_at, self.expiry_shards).to_string();
        let request = request
            .update_expression(set + &remove)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":next", number(rotation.generation))
            .expression_attribute_values(":e", moment(rotation.expires_at))
            .expression_attribute_values(":ws", moment(rotation.window.start))
            .expression_attribute_values(":wc", number(rotation.window.count))
            .expression_attribute_values(":k", text(rotation.key.as_str()))
            .expression_attribute_values(":ttl", moment(rotation.expires_at + TTL_BACKSTOP))
            .expression_attribute_values(":eb", text(bucket));
        self.write_conditionally(request, &token.user, rotation.rotated_at).await
    }

    /// Refuses refresh until `until`, under the same condition as a rotation with this key, so that a tab that repeats
    /// the last rotation blocks nothing. The token stays valid.
    ///
    /// *Atomicity*: one UpdateItem. A call during a block does not prolong the block.
    ///
    /// # Errors
    /// The store failed.
    pub async fn block(
        &self,
        token: &RefreshToken,
        key: Option<KeyHash>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<ConditionalWrite, StoreError> {
        let mut request = self
            .conditional_update(token, key, now)
            .update_expression("SET b = :until")
            .expression_attribute_values(":until", moment(until));
        if key.is_some() {
            request = request.expression_attribute_values(":q", key_hash(key));
        }
        self.write_conditionally(request, &token.user, now).await
    }

    /// Records that the current generation is granted again on weak evidence. Returns false, and records nothing, if the
    /// row has moved on or the session has ended.
    ///
    /// *Atomicity*: one UpdateItem, which can be repeated.
    ///
    /// # Errors
    /// The store failed. The write may have happened; repeating the same refresh finds out.
    pub async fn record_replay(&self, row: &Session) -> Result<bool, StoreError> {
        let request = self
            .update_session(&row.user, &row.id)
            .update_expression("SET lr = :gen")
            .condition_expression(MAY_RECORD_REPLAY)
            .expression_attribute_values(":gen", number(row.generation));
        condition_held(request.send().await)
    }

    /// Sends a conditional write and reads the global revocation at the same time. A row that the revocation ended is
    /// returned with a pending end, even if the write was applied.
    pub(super) async fn write_conditionally(
        &self,
        request: UpdateItemFluentBuilder,
        user: &UserId,
        now: Timestamp,
    ) -> Result<ConditionalWrite, StoreError> {
        let (outcome, revocation) = tokio::try_join!(self.write(request, user), self.global_revocation(now))?;
        let mark = |row: Box<Session>| Box::new(revocation.mark(*row));
        Ok(match outcome {
            ConditionalWrite::Applied(row) | ConditionalWrite::AppliedToEnded(row) => match mark(row) {
                row if row.pending_end.is_some() => ConditionalWrite::AppliedToEnded(row),
                row => ConditionalWrite::Applied(row),
            },
            ConditionalWrite::Rejected(row) => ConditionalWrite::Rejected(row.map(mark)),
        })
    }

    async fn write(
        &self,
        request: UpdateItemFluentBuilder,
        user: &UserId,
    ) -> Result<ConditionalWrite, StoreError> {
        let error = match self.send(request).await {
            Ok(reply) => {
                let before = reply.attributes().ok_or(StoreError::Malformed(PK))?;
                return Ok(ConditionalWrite::Applied(Box::new(session_of(before, user)?)));
            }
            Err(error) => error,
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(StoreError::unavailable(error));
        };
        let row =
            refused.item().filter(|row| !row.is_empty()).map(|row| session_of(row, user)).transpose()?;
        Ok(ConditionalWrite::Rejected(row.map(Box::new)))
    }

    /// Writes the findings of a session. Of two writes at the same time the later one counts.
    ///
    /// *Atomicity*: one UpdateItem, which does not create a row.
    ///
    /// # Errors
    /// The store failed.
    pub async fn write_findings(
        &self,
        user: &UserId,
        session: &SessionId,
        findings: &[StoredFinding],
    ) -> Result<(), StoreError> {
        let request = self
            .update_session(user, session)
            .update_expression("SET f = :findings")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":findings", text(risk::encode_findings(findings)));
        condition_held(request.send().await).map(drop)
    }

    /// Updates a session's last activity, if it is older than `unless_after`.
    ///
    /// *Atomicity*: one conditional UpdateItem. An ended session stays ended.
    ///
    /// # Errors
    /// The store failed.
    pub async fn touch(
        &self,
        user: &UserId,
        session: &SessionId,
        now: Timestamp,
        unless_after: Timestamp,
    ) -> Result<(), StoreError> {
        let request = self
            .update_session(user, session)
            .update_expression("SET a = :now")
            .condition_expression("attribute_exists(pk) AND a < :after")
            .expression_attribute_values(":now", moment(now))
            .expression_attribute_values(":after", moment(unless_after));
        condition_held(request.send().await).map(drop)
    }

    /// An update under the condition of a rotation. With a `key` the caller sets its value `:q`, because an expression may
    /// not have a value that it does not use.
    fn conditional_update(
        &self,
        token: &RefreshToken,
        key: Option<KeyHash>,
        now: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let nonce = AttributeValue::B(Blob::new(token.nonce.hash().as_bytes()));
        let mut condition = MAY_ROTATE.to_owned();
        let mut request = self
            .update_session(&token.user, &token.session)
            .expression_attribute_values(":gen", number(token.generation))
            .expression_attribute_values(":nonce", nonce)
            .expression_attribute_values(":now", moment(now))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        condition.push_str(match token.bound_key {
            None => IS_NOT_BOUND,
            Some(_) if token.was_in_body => IS_BOUND_TO_NO_DEVICE,
            Some(_) => IS_BOUND,
        });
        if let Some(key) = token.bound_key {
            request = request.expression_attribute_values(":jkt", bound_key(key));
        }
        if key.is_some() {
            condition.push_str(IS_NO_REPETITION);
            request = request
                .expression_attribute_values(":replay_ago", moment(now.before(KEY_REPLAY)))
                .expression_attribute_values(":replay_ahead", moment(now + KEY_REPLAY));
        }
        request.condition_expression(condition)
    }

    /// Starts a single write on a session.
    pub(super) fn update_session(&self, user: &UserId, session: &SessionId) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(user)))
            .key(SK, text(item::session_key(session)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}

/// Whether a write's condition held. A failed condition is no error.
pub(super) fn condition_held<T, R>(
    outcome: Result<T, SdkError<UpdateItemError, R>>,
) -> Result<bool, StoreError>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match outcome {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(StoreError::unavailable(error)),
        },
    }
}
