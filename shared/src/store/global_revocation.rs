//! Is everyone signed out? The global not-before: one row, read at most every 5 s by an instance.
//!
//! A session that was opened at or before that moment is over, whatever its row says, and so is one whose
//! assertion is from before it. Reads of sessions ask
//! for the row beside their own call, so that it costs no round trip in sequence, and mark what is over as
//! `ending`: no reader can forget it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, TransactWriteItem, Update};

use super::Store;
use super::error::{StoreError, TransactionOutcome, transaction_outcome};
use super::item::{self, Item, moment, text};
use super::schema::*;
use crate::domain::event::Event;
use crate::domain::id::UserId;
use crate::domain::session::Session;
use crate::domain::session::end::EndReason::Admin;
use crate::domain::session::end::{Actor, PendingEnd};
use crate::domain::time::Timestamp;

/// How long an instance believes what it read, in whole seconds of its wall clock.
const FRESH: Duration = Duration::from_secs(5);

/// How far an assertion may precede "sign out everywhere" and still open a session, for clock skew.
pub const SKEW: Duration = Duration::from_secs(10);

/// From the end of the write until no instance and no request in flight takes an older session: 5 s of cache
/// and 3 s of requests in flight.
pub const EVERYONE_TAKES: Duration = Duration::from_secs(8);

/// The last time that everyone was signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlobalRevocation {
    /// Sessions opened until then are over, and those that an assertion from before then opened; nothing when
    /// it never happened. Only the last such moment is kept: what ended at an earlier one and was not touched
    /// since is told as this one's, or as expired.
    pub not_before: Option<Timestamp>,
    /// Which administrator said so.
    pub by: Option<UserId>,
    /// In whose words.
    pub note: Option<String>,
}

/// What an instance last read, and when it began to read.
#[derive(Debug, Default)]
pub(super) struct GlobalRevocationCache(Mutex<Option<(Timestamp, GlobalRevocation)>>);

impl GlobalRevocation {
    /// Whether an assertion of that moment opens nothing, because everyone was signed out since.
    pub fn invalidates(&self, asserted_at: Timestamp) -> bool {
        self.not_before.is_some_and(|moment| asserted_at + SKEW < moment)
    }

    /// How a session ended because everyone was signed out. One opened later ended, too, if its assertion is
    /// from before: an instance took it that did not know yet. One that was over before then did not.
    fn ending_of(&self, session: &Session) -> Option<PendingEnd> {
        let moment = self.not_before?;
        let over_before = session.expires_at.min(session.absolute_expires_at) <= moment;
        let ends = session.created_at <= moment || self.invalidates(session.asserted_at);
        let by = self.by.clone().map_or(Actor::System, Actor::Admin);
        let at = moment.max(session.created_at);
        let ending =
            PendingEnd { note: self.note.clone(), with_everyone: true, ..PendingEnd::new(Admin, by, at) };
        (ends && !over_before).then_some(ending)
    }

    /// Marks a session that is over: every reader takes `ending` for gone.
    pub(super) fn mark(&self, mut session: Session) -> Session {
        if session.pending_end.is_none() {
            session.pending_end = self.ending_of(&session);
        }
        session
    }

    fn of(row: Option<&Item>) -> Result<Self, StoreError> {
        let Some(row) = row else { return Ok(Self::default()) };
        Ok(Self {
            not_before: Some(item::timestamp(row, NOT_BEFORE)?),
            by: item::optional(row, CONTROL_BY).and_then(|by| by.parse().ok()),
            note: item::optional(row, CONTROL_NOTE).map(str::to_owned),
        })
    }
}

impl GlobalRevocationCache {
    fn fresh(&self, now: Timestamp) -> Option<GlobalRevocation> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, revocation) = cached.as_ref()?;
        // A clock that went backwards makes it stale.
        (*read_at <= now && now < *read_at + FRESH).then(|| revocation.clone())
    }

    fn keep(&self, read_at: Timestamp, revocation: &GlobalRevocation) {
        // Whatever order two reads end in, each is believed for 5 s from its own begin; and a clock that was
        // set back must not leave a reading of the future in place.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((read_at, revocation.clone()));
    }
}

impl Store {
    /// The global not-before, at most 5 s old: from memory, else one consistent read.
    ///
    /// # Errors
    /// The store cannot say: then nobody may be let in.
    pub async fn global_revocation(&self, now: Timestamp) -> Result<GlobalRevocation, StoreError> {
        if let Some(revocation) = self.global_revocation.fresh(now) {
            return Ok(revocation);
        }
        let read = self.read_global_revocation().send();
        let reply = read.await.map_err(StoreError::unavailable)?;
        let revocation = GlobalRevocation::of(reply.item())?;
        self.global_revocation.keep(now, &revocation);
        Ok(revocation)
    }

    pub(super) fn read_global_revocation(&self) -> GetItemFluentBuilder {
        self.client
            .get_item()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(CONTROL))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    pub(super) fn keep_global_revocation(&self, row: Option<&Item>, now: Timestamp) {
        if let Ok(revocation) = GlobalRevocation::of(row) {
            self.global_revocation.keep(now, &revocation);
        }
    }

    /// Signs everyone out: every session opened at or before `control.not_before` is over, and every one whose
    /// assertion is from before it.
    ///
    /// *Atomicity*: one transaction with its event; the moment only ever moves up ([`TransactionOutcome::ConditionFailed`] when
    /// it is there already).
    ///
    /// # Errors
    /// The store cannot say whether it is done.
    pub async fn end_everyone(
        &self,
        revocation: &GlobalRevocation,
        event: &Event,
        now: Timestamp,
    ) -> Result<TransactionOutcome, StoreError> {
        let moment_text = moment(revocation.not_before.unwrap_or(now));
        let by = revocation.by.as_ref().map_or("system", UserId::as_str);
        let update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(GLOBAL))
            .key(SK, text(CONTROL))
            .update_expression("SET nb = :moment, #by = :by, note = :note")
            .condition_expression("attribute_not_exists(nb) OR nb < :moment")
            .expression_attribute_names("#by", CONTROL_BY)
            .expression_attribute_values(":moment", moment_text)
            .expression_attribute_values(":by", text(by))
            .expression_attribute_values(":note", text(revocation.note.clone().unwrap_or_default()))
            .build()
            .expect("table, key and expression are given");
        let update = TransactWriteItem::builder().update(update).build();
        match self.transaction(vec![update, self.put_event(event)]).send().await {
            Ok(_) => {
                self.global_revocation.keep(now, revocation);
                Ok(TransactionOutcome::Committed)
            }
            Err(error) => transaction_outcome(error),
        }
    }
}
