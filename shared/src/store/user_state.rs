//! Reads of a user and their sessions. All of them are consistent, because they decide about access.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use super::error::StoreError;
use super::global_revocation::GlobalRevocation;
use super::item::{self, Item, number, text};
use super::schema::*;
use super::suspension::suspension_of;
use super::user_key::user_key;
use super::{Store, session_of};
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;
use crate::domain::upstream_session::UpstreamSession;
use crate::token::assertion::UsedMark;

/// The user record, the sessions and the suspension of a user: one consistent Query.
#[derive(Clone, Debug, Default)]
pub struct UserState {
    /// The user record.
    pub record: UserRecord,
    /// All session rows, also of sessions that expired or have a pending end.
    pub sessions: Vec<Session>,
    /// The suspension of the user, which may be over: see [`UserState::suspension`]. In a box, because it is rare, and every
    /// request holds this struct.
    pub last_suspension: Option<Box<Suspension>>,
}

/// The row beside a user's sessions that orders sign-ins and revocations.
#[derive(Clone, Debug, Default)]
pub struct UserRecord {
    /// Changes with every sign-in and every revocation of several sessions. 0 before the first.
    pub version: u64,
    /// Sign-ins before this moment are invalid.
    pub tokens_valid_after: Option<Timestamp>,
    /// Assertions issued until then are void, by order of the identity provider. It is the provider's time.
    pub ordered_until: Option<Timestamp>,
    /// The same for assertions that do not name the session at the provider: an order about one of its sessions may be about theirs.
    pub unmarked_until: Option<Timestamp>,
    /// DynamoDB keeps the row at least until then.
    pub kept_until: Option<Timestamp>,
    /// The assertions used lately, each with the time.
    pub used: Vec<(UsedMark, Timestamp)>,
}

/// Unused assertions that become void when sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidedAssertions {
    /// Those issued before this moment of our clock, with an allowance for the clock of the issuer.
    Before(Timestamp),
    /// Those issued until this moment of the identity provider's clock.
    OrderedUntil(Timestamp),
    /// Those of them that do not name the session at the provider.
    UnmarkedUntil(Timestamp),
}

impl VoidedAssertions {
    /// The attribute of the user record, and its value.
    pub(super) const fn attribute(self) -> (&'static str, Timestamp) {
        match self {
            Self::Before(at) => (VALID_AFTER, at),
            Self::OrderedUntil(until) => (ORDERED_UNTIL, until),
            Self::UnmarkedUntil(until) => (UNMARKED_UNTIL, until),
        }
    }
}

impl Store {
    /// Reads the user record, the sessions and the suspension of a user. Sessions that a global revocation ended have a pending end.
    ///
    /// # Errors
    /// The store failed, or the user record or the suspension is malformed. A malformed session is logged and left out, so
    /// that it does not lock its user out.
    pub async fn read_user_state(&self, user: &UserId, now: Timestamp) -> Result<UserState, StoreError> {
        let (rows, revocation) = tokio::try_join!(self.rows_of(user), self.global_revocation(now))?;
        UserState::of(&rows, user, &revocation)
    }

    /// Reads the sessions of a user, for a caller that needs neither the user record nor the suspension, and for which a malformed
    /// one of them is no obstacle. Otherwise as [`Store::read_user_state`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn read_sessions_only(&self, user: &UserId, now: Timestamp) -> Result<UserState, StoreError> {
        let (mut rows, revocation) = tokio::try_join!(self.rows_of(user), self.global_revocation(now))?;
        rows.retain(|row| ![Some("HEAD"), Some(SUSPENDED)].contains(&item::optional(row, SK)));
        UserState::of(&rows, user, &revocation)
    }

    async fn rows_of(&self, user: &UserId) -> Result<Vec<Item>, StoreError> {
        let (mut rows, mut after) = (vec![], None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.tables.sessions)
                .consistent_read(true)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(user_key(user)))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .set_exclusive_start_key(after);
            let page = self.send(query).await.map_err(StoreError::unavailable)?;
            rows.extend(page.items.unwrap_or_default());
            after = page.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Reads one session's row, live or not. A session that a global revocation ended has a pending end.
    ///
    /// # Errors
    /// The store failed, or the row is malformed.
    pub async fn read_session(
        &self,
        user: &UserId,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let (row, revocation) = tokio::try_join!(self.row_of(user, session), self.global_revocation(now))?;
        Ok(row.map(|session| revocation.mark(session)))
    }

    async fn row_of(&self, user: &UserId, session: &SessionId) -> Result<Option<Session>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(user)))
            .key(SK, text(item::session_key(session)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let reply = self.send(read).await.map_err(StoreError::unavailable)?;
        reply.item().map(|row| session_of(row, user)).transpose()
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

    fn of(rows: &[Item], user: &UserId, revocation: &GlobalRevocation) -> Result<Self, StoreError> {
        let mut state = Self::default();
        for row in rows {
            state.add(row, user)?;
        }
        state.sessions = state.sessions.into_iter().map(|session| revocation.mark(session)).collect();
        Ok(state)
    }

    fn add(&mut self, row: &Item, user: &UserId) -> Result<(), StoreError> {
        if item::optional(row, SK) == Some("HEAD") {
            self.record = UserRecord::of(row)?;
            return Ok(());
        }
        if item::optional(row, SK) == Some(SUSPENDED) {
            self.last_suspension = Some(Box::new(suspension_of(row)?));
            return Ok(());
        }
        match session_of(row, user) {
            Ok(session) => self.sessions.push(session),
            Err(error) => tracing::error!(%error, "malformed session row left out"),
        }
        Ok(())
    }
}

/// Bytes of a used assertion in the user record: 8 of its mark, 8 of the time.
const USED_ENTRY_BYTES: usize = 16;

impl UserRecord {
    /// Whether an order of the identity provider voids an assertion of that moment, which names the session at the provider or does
    /// not. Both times are the provider's, so that it needs no allowance for clocks that differ.
    pub fn is_ordered_out(&self, asserted_at: Timestamp, upstream: Option<&UpstreamSession>) -> bool {
        let unmarked_until = self.unmarked_until.filter(|_| upstream.is_none());
        self.ordered_until.max(unmarked_until).is_some_and(|until| asserted_at <= until)
    }

    /// Whether these assertions are void already, by an order of the same or a later time.
    pub fn has_voided(&self, assertions: VoidedAssertions) -> bool {
        match assertions {
            VoidedAssertions::Before(_) => false,
            VoidedAssertions::OrderedUntil(until) => self.ordered_until >= Some(until),
            VoidedAssertions::UnmarkedUntil(until) => {
                self.ordered_until.max(self.unmarked_until) >= Some(until)
            }
        }
    }

    fn of(row: &Item) -> Result<Self, StoreError> {
        let used = row.get(USED).and_then(|value| value.as_b().ok());
        Ok(Self {
            version: item::integer(row, VERSION)?,
            tokens_valid_after: item::may_be_at(row, VALID_AFTER)?,
            ordered_until: item::may_be_at(row, ORDERED_UNTIL)?,
            unmarked_until: item::may_be_at(row, UNMARKED_UNTIL)?,
            kept_until: item::may_be_at(row, TTL)?,
            used: used.map(|blob| unpack_used(blob.as_ref())).unwrap_or_default(),
        })
    }

    /// The condition that the user record has not changed since it was read.
    pub(super) fn version_condition(&self) -> &'static str {
        if self.version == 0 { "attribute_not_exists(v)" } else { "v = :version" }
    }

    /// The values of that condition and of the next version. The version that was read is left out if there was none,
    /// because DynamoDB rejects a value that no expression uses.
    pub(super) fn version_values(&self) -> Vec<(&'static str, AttributeValue)> {
        let version = (self.version > 0).then(|| (":version", number(self.version)));
        version.into_iter().chain([(":next", number(self.version + 1))]).collect()
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
