//! Global revocation: the moment up to which all sessions of all users have ended. One row, which each instance reads
//! at most every 5 s.
//!
//! A session that was opened at or before that moment has ended, whatever its row holds, and so has a session whose
//! assertion is older. Reads of sessions read this row at the same time, which adds no round trip, and mark ended
//! sessions with a pending end, so that no reader can forget to check.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};

use super::Store;
use super::error::{StoreError, TransactionOutcome, transaction_outcome};
use super::item::{self, Item, moment, text};
use super::schema::*;
use crate::domain::actor::Actor;
use crate::domain::event::Event;
use crate::domain::session::end::EndReason::Admin;
use crate::domain::session::end::PendingEnd;
use crate::domain::session::{ASSERTION_CLOCK_SKEW, Session};
use crate::domain::time::Timestamp;

/// How long an instance uses the row it read, by its wall clock.
const FRESH: Duration = Duration::from_secs(5);

/// The time from the end of the write until no instance accepts an older session: 5 s of cache and 3 s of requests in
/// progress.
pub const GLOBAL_REVOCATION_DELAY: Duration = Duration::from_secs(8);

/// The last global revocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlobalRevocation {
    /// Sessions opened until then have ended, and so have sessions whose assertion is older. `None` if there was no
    /// revocation. Only the last moment is kept: a session that an earlier revocation ended, and that no request has
    /// touched since, is reported as ended by the last one, or as expired.
    pub not_before: Option<Timestamp>,
    /// The administrator.
    pub by: Actor,
    /// The administrator's reason.
    pub note: Option<String>,
}

/// The row that an instance last read, and when it started to read it.
#[derive(Debug, Default)]
pub(super) struct GlobalRevocationCache(Mutex<Option<(Timestamp, GlobalRevocation)>>);

impl GlobalRevocation {
    /// Whether an assertion of that moment no longer opens a session.
    pub fn invalidates(&self, asserted_at: Timestamp) -> bool {
        self.not_before.is_some_and(|moment| asserted_at + ASSERTION_CLOCK_SKEW < moment)
    }

    /// The end of a session through the revocation. A session opened later has ended, too, if its assertion is older: the
    /// instance that opened it did not know about the revocation yet. A session that had expired before has not.
    fn end_of(&self, session: &Session) -> Option<PendingEnd> {
        let moment = self.not_before?;
        let over_before = session.expires_at.min(session.absolute_expires_at) <= moment;
        let ends = session.started_at() <= moment;
        let at = moment.max(session.created_at);
        let pending_end = PendingEnd {
            note: self.note.clone(),
            by_global_revocation: true,
            ..PendingEnd::new(Admin, self.by.clone(), at)
        };
        (ends && !over_before).then_some(pending_end)
    }

    /// Marks a session that the revocation ended.
    pub(super) fn mark(&self, mut session: Session) -> Session {
        if session.pending_end.is_none() {
            session.pending_end = self.end_of(&session);
        }
        session
    }

    fn of(row: Option<&Item>) -> Result<Self, StoreError> {
        let Some(row) = row else { return Ok(Self::default()) };
        Ok(Self {
            not_before: Some(item::timestamp(row, NOT_BEFORE)?),
            by: item::optional(row, REVOKED_BY).and_then(Actor::decode).unwrap_or_default(),
            note: item::optional(row, REVOCATION_NOTE).map(str::to_owned),
        })
    }
}

impl GlobalRevocationCache {
    fn fresh(&self, now: Timestamp) -> Option<GlobalRevocation> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, revocation) = cached.as_ref()?;
        // After the clock went backwards, the cached row is stale.
        (*read_at <= now && now < *read_at + FRESH).then(|| revocation.clone())
    }

    fn keep(&self, read_at: Timestamp, revocation: &GlobalRevocation) {
        // Whichever of two reads ends first, each counts for 5 s from its own start. After the clock was set back, a row
        // read in the future must not stay.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((read_at, revocation.clone()));
    }
}

impl Store {
    /// The global revocation, at most 5 s old: from memory, else one consistent read.
    ///
    /// # Errors
    /// The store failed. No session may be accepted then.
    pub async fn global_revocation(&self, now: Timestamp) -> Result<GlobalRevocation, StoreError> {
        if let Some(revocation) = self.global_revocation.fresh(now) {
            return Ok(revocation);
        }
        self.fetch_global_revocation(now).await
    }

    /// The global revocation of this moment: one consistent read.
    pub(super) async fn fetch_global_revocation(
        &self,
        now: Timestamp,
    ) -> Result<GlobalRevocation, StoreError> {
        let reply = self.send(self.read_global_revocation()).await.map_err(StoreError::unavailable)?;
        let revocation = GlobalRevocation::of(reply.item())?;
        self.global_revocation.keep(now, &revocation);
        Ok(revocation)
    }

    /// Replaces connections that died while the function was frozen, before a call that is not retried. The global
    /// revocation is older than 5 s then, and its read is retried on a new connection. Without a freeze this costs nothing.
    pub async fn replace_dead_connections(&self, now: Timestamp) {
        if let Err(error) = self.global_revocation(now).await {
            tracing::debug!(%error, "could not reach the store before a call without retries");
        }
    }

    pub(super) fn read_global_revocation(&self) -> GetItemFluentBuilder {
        self.client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(GLOBAL_REVOCATION))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    pub(super) fn keep_global_revocation(&self, row: Option<&Item>, now: Timestamp) {
        if let Ok(revocation) = GlobalRevocation::of(row) {
            self.global_revocation.keep(now, &revocation);
        }
    }

    /// Ends the sessions of all users that were opened at or before `revocation.not_before`, and those whose assertion is
    /// older.
    ///
    /// *Atomicity*: one transaction with its event. The moment only moves forward;
    /// [`TransactionOutcome::ConditionFailed`] if it is already there.
    ///
    /// # Errors
    /// The store failed. The write may have happened.
    pub async fn end_everyone(
        &self,
        revocation: &GlobalRevocation,
        event: &Event,
        now: Timestamp,
    ) -> Result<TransactionOutcome, StoreError> {
        let moment_text = moment(revocation.not_before.unwrap_or(now));
        let update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(GLOBAL_REVOCATION))
            .update_expression("SET nb = :moment, #by = :by, note = :note")
            .condition_expression("attribute_not_exists(nb) OR nb < :moment")
            .expression_attribute_names("#by", REVOKED_BY)
            .expression_attribute_values(":moment", moment_text)
            .expression_attribute_values(":by", text(revocation.by.encode()))
            .expression_attribute_values(":note", text(revocation.note.clone().unwrap_or_default()))
            .build()
            .expect("table, key and expression are given");
        let update = TransactWriteItem::builder().update(update).build();
        let items = [update, self.put_event(event)].into_iter().chain(self.put_pointer(event));
        match self.transaction(items.collect()).send().await {
            Ok(_) => {
                self.global_revocation.keep(now, revocation);
                Ok(TransactionOutcome::Committed)
            }
            Err(error) => transaction_outcome(error),
        }
    }
}
