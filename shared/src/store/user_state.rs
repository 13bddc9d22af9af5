//! What does the store know? Consistent reads: every one of them decides access.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::error::StoreError;
use super::item::{self, Item, number, text};
use super::schema::*;
use super::{Store, session_of};
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::token::assertion::UsedMark;

/// Everything about a user that is live: one consistent Query.
#[derive(Clone, Debug, Default)]
pub struct UserState {
    /// The user's head.
    pub record: UserRecord,
    /// All session rows, the expired and the ending ones too.
    pub sessions: Vec<Session>,
}

/// The row beside a user's sessions that keeps logins and revocations in order.
#[derive(Clone, Debug, Default)]
pub struct UserRecord {
    /// Moves with every login and every revocation of many; 0 before the first.
    pub version: u64,
    /// Sign-ins before this moment are void.
    pub tokens_valid_after: Option<Timestamp>,
    /// Until when DynamoDB keeps it at least.
    pub kept_until: Option<Timestamp>,
    /// Assertions used lately, and when.
    pub used: Vec<(UsedMark, Timestamp)>,
}

impl Store {
    /// A user's head and sessions. Those that ended with everyone's are marked as ending.
    ///
    /// # Errors
    /// The store cannot say. A malformed row is logged and left out: it must not lock its user out.
    pub async fn user(&self, user: &UserId, now: Timestamp) -> Result<UserState, StoreError> {
        let (mut state, revocation) = tokio::try_join!(self.rows_of(user), self.global_revocation(now))?;
        state.sessions = state.sessions.into_iter().map(|session| revocation.mark(session)).collect();
        Ok(state)
    }

    async fn rows_of(&self, user: &UserId) -> Result<UserState, StoreError> {
        let mut state = UserState::default();
        let mut pages = self
            .client
            .query()
            .table_name(&self.tables.sessions)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(item::user_key(user)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for row in page.map_err(StoreError::unavailable)?.items() {
                state.add(row)?;
            }
        }
        Ok(state)
    }

    /// One session's row, live or not; one that ended with everyone's is marked as ending.
    ///
    /// # Errors
    /// The store cannot say, or the row is malformed.
    pub async fn session(
        &self,
        user: &UserId,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let (row, revocation) = tokio::try_join!(self.row_of(user, session), self.global_revocation(now))?;
        Ok(row.map(|session| revocation.mark(session)))
    }

    async fn row_of(&self, user: &UserId, session: &SessionId) -> Result<Option<Session>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(item::user_key(user)))
            .key(SK, text(item::session_key(session)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        reply.item().map(session_of).transpose()
    }
}

impl UserState {
    /// The live sessions at `now`.
    pub fn live(&self, now: Timestamp) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(move |session| session.is_live(now))
    }

    /// One live session at `now`.
    pub fn live_session(&self, id: &SessionId, now: Timestamp) -> Option<&Session> {
        self.live(now).find(|session| session.id == *id)
    }

    fn add(&mut self, row: &Item) -> Result<(), StoreError> {
        if item::optional(row, SK) == Some("HEAD") {
            self.record = UserRecord::of(row)?;
            return Ok(());
        }
        match session_of(row) {
            Ok(session) => self.sessions.push(session),
            Err(error) => tracing::error!(%error, "a session's row is malformed and left out"),
        }
        Ok(())
    }
}

/// A used assertion in the head: 8 bytes of mark, 8 of time.
const USED_ENTRY_BYTES: usize = 16;

impl UserRecord {
    fn of(row: &Item) -> Result<Self, StoreError> {
        let used = row.get(USED).and_then(|value| value.as_b().ok());
        Ok(Self {
            version: item::integer(row, VERSION)?,
            tokens_valid_after: row
                .contains_key(VALID_AFTER)
                .then(|| item::timestamp(row, VALID_AFTER))
                .transpose()?,
            kept_until: row.contains_key(TTL).then(|| item::timestamp(row, TTL)).transpose()?,
            used: used.map(|blob| unpack_used(blob.as_ref())).unwrap_or_default(),
        })
    }

    /// The condition that nobody has moved the head since it was read.
    pub(super) fn unmoved(&self) -> &'static str {
        if self.version == 0 { "attribute_not_exists(v)" } else { "v = :client" }
    }

    /// The version that was read, if there was one, and the next one: a value that no expression uses is an
    /// error of the request.
    pub(super) fn version_values(&self) -> Vec<(&'static str, AttributeValue)> {
        let client = (self.version > 0).then(|| (":client", number(self.version)));
        client.into_iter().chain([(":next", number(self.version + 1))]).collect()
    }
}

pub(super) fn pack_used(used: &[(UsedMark, Timestamp)]) -> Vec<u8> {
    used.iter().flat_map(|(mark, at)| mark.0.into_iter().chain(at.seconds().to_be_bytes())).collect()
}

fn unpack_used(bytes: &[u8]) -> Vec<(UsedMark, Timestamp)> {
    let entry = |chunk: &[u8]| {
        let mark = chunk[..8].try_into().ok()?;
        let at = chunk[8..].try_into().ok()?;
        Some((UsedMark(mark), Timestamp::from_seconds(i64::from_be_bytes(at))))
    };
    bytes.chunks_exact(USED_ENTRY_BYTES).filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_marks_survive_their_row() {
        let used = vec![
            (UsedMark([3; 8]), Timestamp::from_seconds(7)),
            (UsedMark([9; 8]), Timestamp::from_seconds(-1)),
        ];
        assert_eq!(unpack_used(&pack_used(&used)), used);
    }
}
