//! The row of a suspended user.
//!
//! It is not part of the user record, because DynamoDB deletes that some days after the user's last session, which would
//! lift the suspension. It is in the user's partition, so that a sign-in reads it with its one query.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::error::{StoreError, TransactionOutcome, transaction_outcome};
use super::item::{self, Item, moment, number, text};
use super::schema::*;
use super::user_key::user_key;
use super::{Store, UserState};
use crate::domain::actor::Actor;
use crate::domain::event::Event;
use crate::domain::id::UserId;
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;

impl Store {
    /// Lifts the suspension of a user.
    ///
    /// *Atomicity*: one transaction with its event. [`TransactionOutcome::ConditionFailed`] if the user is not suspended.
    ///
    /// # Errors
    /// The store failed. The transaction may have been committed.
    pub async fn resume(
        &self,
        user: &UserId,
        event: &Event,
        now: Timestamp,
    ) -> Result<TransactionOutcome, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(user)))
            .key(SK, text(SUSPENDED))
            .condition_expression("attribute_exists(pk) AND (attribute_not_exists(#until) OR #until > :now)")
            .expression_attribute_names("#until", SUSPENDED_UNTIL)
            .expression_attribute_values(":now", moment(now));
        let delete =
            TransactWriteItem::builder().delete(delete.build().expect("table and key are given")).build();
        let items = [delete, self.put_event(event)].into_iter().chain(self.put_pointer(event));
        let reply = self.transaction(items.collect()).send().await;
        reply.map_or_else(transaction_outcome, |_| Ok(TransactionOutcome::Committed))
    }

    /// Suspends a user without ending the sessions, whatever the version of the user record is: sign-ins cannot starve it, and
    /// those in progress start again and find the suspension.
    ///
    /// *Atomicity*: one transaction with its event.
    ///
    /// # Errors
    /// The store failed. The transaction may have been committed.
    pub async fn suspend(
        &self,
        user: &UserId,
        suspension: &Suspension,
        events: &[Event],
    ) -> Result<TransactionOutcome, StoreError> {
        let update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(user)))
            .key(SK, text("HEAD"))
            .update_expression("SET v = if_not_exists(v, :none) + :one")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1));
        let update = update.build().expect("table, key and expression are given");
        let mut items =
            vec![TransactWriteItem::builder().update(update).build(), self.put_suspension(user, suspension)];
        items.extend(events.iter().map(|event| self.put_event(event)));
        items.extend(events.iter().filter_map(|event| self.put_pointer(event)));
        let reply = self.transaction(items).send().await;
        reply.map_or_else(transaction_outcome, |_| Ok(TransactionOutcome::Committed))
    }

    pub(super) fn put_suspension(&self, user: &UserId, suspension: &Suspension) -> TransactWriteItem {
        let mut row = Item::from([
            (PK.into(), text(user_key(user))),
            (SK.into(), text(SUSPENDED)),
            (SUSPENDED_BY.into(), text(suspension.by.encode())),
            (SUSPENDED_NOTE.into(), text(&suspension.note)),
            (SUSPENDED_SINCE.into(), moment(suspension.since)),
        ]);
        if let Some(until) = suspension.until {
            row.extend([(SUSPENDED_UNTIL.into(), moment(until)), (TTL.into(), moment(until))]);
        }
        let put = Put::builder().table_name(&self.tables.sessions).set_item(Some(row));
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    }
}

impl UserState {
    /// The user's suspension, if the user is suspended at `now`.
    pub fn suspension(&self, now: Timestamp) -> Option<&Suspension> {
        self.last_suspension.as_deref().filter(|suspension| suspension.is_active(now))
    }
}

/// Reads the row. One that is malformed is an error, because without it the suspended user could sign in.
pub(super) fn suspension_of(row: &Item) -> Result<Suspension, StoreError> {
    Ok(Suspension {
        by: Actor::decode(item::string(row, SUSPENDED_BY)?).ok_or(StoreError::Malformed(SUSPENDED_BY))?,
        note: item::string(row, SUSPENDED_NOTE)?.to_owned(),
        since: item::timestamp(row, SUSPENDED_SINCE)?,
        until: row
            .contains_key(SUSPENDED_UNTIL)
            .then(|| item::timestamp(row, SUSPENDED_UNTIL))
            .transpose()?,
    })
}
