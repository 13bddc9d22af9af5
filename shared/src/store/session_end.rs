//! The end of sessions: a row, its event and its end record change together or not at all.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, Put, ReturnConsumedCapacity, TransactWriteItem, Update,
};

use super::Store;
use super::capacity::Consumed;
use super::error::{StoreError, TransactionOutcome, conditions_failed_only_from, transaction_outcome};
use super::item::{self, Item, moment, number, pending_end_attributes, text};
use super::rotation::condition_held;
use super::schema::*;
use super::sign_in::USER_RECORD_TTL;
use super::user_key::user_key;
use super::user_state::{UserRecord, VoidedAssertions};
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::Event;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::end::{EndReason, EndRecord, SessionEnd};
use crate::domain::session::evidence::KeyHash;
use crate::domain::session::last_rotation::LastRotation;
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;

/// The change of the user record when many sessions end.
#[derive(Clone, Copy, Debug)]
pub struct UserRecordUpdate<'h> {
    /// The user record as it was read. A sign-in in the meantime makes the transaction fail.
    pub record: &'h UserRecord,
    /// The unused assertions that become void.
    pub voids: Option<VoidedAssertions>,
    /// The suspension that begins with this change.
    pub suspension: Option<&'h Suspension>,
}

/// The outcome of [`Store::end_session`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOutcome {
    /// All of it was written.
    Committed,
    /// Nothing was written, because one of the events is in the audit trail already. The row could end.
    EventExists,
    /// Nothing was written, because the row is gone or has the mark of another end.
    ConditionFailed,
    /// Nothing was written, because another transaction holds a row or the table is throttled: wait and try again.
    Contended,
}

impl From<TransactionOutcome> for EndOutcome {
    fn from(outcome: TransactionOutcome) -> Self {
        match outcome {
            TransactionOutcome::Committed => Self::Committed,
            TransactionOutcome::ConditionFailed => Self::ConditionFailed,
            TransactionOutcome::Contended => Self::Contended,
        }
    }
}

/// The row exists and has no mark of another end.
const NO_OTHER_END: &str =
    "attribute_exists(pk) AND (attribute_not_exists(z) OR (z = :z AND zb = :zb AND za = :za))";

impl Store {
    /// Ends one session, and writes `events`, none of which may be in the audit trail already: a transaction that replaces an event
    /// would let the second of two clients erase the trace of the first.
    ///
    /// *Atomicity*: one transaction, so that no session ends without its record and no record exists without its end.
    ///
    /// # Errors
    /// The store failed. The transaction may have been committed.
    pub async fn end_session(
        &self,
        end: &SessionEnd,
        events: &[Event],
        now_millis: i64,
    ) -> Result<EndOutcome, StoreError> {
        let mut items: Vec<TransactWriteItem> = self.end_items(end, now_millis).into();
        items.extend(self.put_feed_item(std::slice::from_ref(end), now_millis));
        items.extend(events.iter().filter_map(|event| self.put_pointer(event)));
        let first_event = items.len();
        items.extend(events.iter().map(|event| self.put_new_event(event)));
        match self.transaction(items).send().await {
            Ok(_) => Ok(EndOutcome::Committed),
            Err(error) if conditions_failed_only_from(&error, first_event) => Ok(EndOutcome::EventExists),
            Err(error) => transaction_outcome(error).map(EndOutcome::from),
        }
    }

    /// Ends sessions of one user, and writes `events`. The change of the user record, if there is one, may begin a suspension.
    ///
    /// *Atomicity*, errors: as [`Store::end_session`].
    pub async fn end_many(
        &self,
        user: &UserId,
        ends: &[SessionEnd],
        record_update: Option<UserRecordUpdate<'_>>,
        events: &[Event],
        now_millis: i64,
    ) -> Result<TransactionOutcome, StoreError> {
        let mut items: Vec<TransactWriteItem> = vec![];
        let now = Timestamp::from_seconds(now_millis.div_euclid(1000));
        if let Some(update) = record_update {
            items.push(self.update_user_record(user, update, now));
            items.extend(update.suspension.map(|suspension| self.put_suspension(user, suspension)));
        }
        items.extend(ends.iter().flat_map(|end| self.end_items(end, now_millis)));
        items.extend(self.put_feed_item(ends, now_millis));
        items.extend(events.iter().map(|event| self.put_event(event)));
        items.extend(events.iter().filter_map(|event| self.put_pointer(event)));
        match self.transaction(items).send().await {
            Ok(_) => Ok(TransactionOutcome::Committed),
            Err(error) => transaction_outcome(error),
        }
    }

    /// Records the pending end of an expired session and counts the capacity. Its access tokens have expired, so that the
    /// revocation feed does not list it.
    ///
    /// *Atomicity*, errors: as [`Store::end_session`].
    pub async fn record_pending_end(
        &self,
        end: &SessionEnd,
        now_millis: i64,
        consumed: &Consumed,
    ) -> Result<TransactionOutcome, StoreError> {
        let reply = self.transaction(self.end_items(end, now_millis).into()).send().await;
        reply.map_or_else(transaction_outcome, |reply| {
            reply.consumed_capacity().iter().for_each(|capacity| consumed.writes(Some(capacity)));
            Ok(TransactionOutcome::Committed)
        })
    }

    /// Marks a session with a pending end: a single write, which other requests for the session cannot starve. All readers
    /// treat the session as ended, and any later request or cleanup records the end.
    ///
    /// Returns false if the row is gone or has the mark of another end, because the first end counts. Writing the same mark
    /// again returns true, so that the call can be repeated after a lost reply.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mark_pending_end(&self, end: &SessionEnd) -> Result<bool, StoreError> {
        let mut request = self.update_session(&end.user, &end.session).condition_expression(NO_OTHER_END);
        let mut set = vec![];
        for (name, value) in pending_end_attributes(&end.to_pending()) {
            if let Some(value) = value {
                set.push(format!("{name} = :{name}"));
                request = request.expression_attribute_values(format!(":{name}"), value);
            }
        }
        condition_held(request.update_expression(format!("SET {}", set.join(", "))).send().await)
    }

    /// Reads a session's end record, if it still exists.
    ///
    /// # Errors
    /// The store failed, or the record is malformed.
    pub async fn end_record(&self, session: &SessionId) -> Result<Option<EndRecord>, StoreError> {
        let reply = self
            .client
            .get_item()
            .table_name(&self.tables.security_events)
            .key(PK, text(format!("X#{session}")))
            .key(EVENT_ID, text(RECORD))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        reply.item().map(record_of).transpose()
    }

    /// The delete, the event and the record of one end. The delete requires that the row exists and, unless the row was
    /// marked when it was read, that it has no other mark. It never requires a generation, because a refresh in the
    /// meantime must not save a session that is being revoked.
    pub(super) fn end_items(&self, end: &SessionEnd, now_millis: i64) -> [TransactWriteItem; 3] {
        let mut delete = Delete::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(&end.user)))
            .key(SK, text(item::session_key(&end.session)))
            .condition_expression(if end.is_marked { "attribute_exists(pk)" } else { NO_OTHER_END });
        for (name, value) in pending_end_attributes(&end.to_pending()) {
            if let Some(value) = value.filter(|_| name != PENDING_END_NOTE && !end.is_marked) {
                delete = delete.expression_attribute_values(format!(":{name}"), value);
            }
        }
        // An end that is recorded late is kept as long as any other.
        let ttl = end.at.max(Timestamp::from_seconds(now_millis.div_euclid(1000))) + self.event_ttl;
        let delete =
            TransactWriteItem::builder().delete(delete.build().expect("table and key are given")).build();
        let record =
            Put::builder().table_name(&self.tables.security_events).set_item(Some(record_item(end, ttl)));
        let record =
            TransactWriteItem::builder().put(record.build().expect("table and item are given")).build();
        [delete, self.put_event_until(&Event::ended(end, now_millis), ttl), record]
    }

    fn update_user_record(
        &self,
        user: &UserId,
        record_update: UserRecordUpdate<'_>,
        now: Timestamp,
    ) -> TransactWriteItem {
        let mut update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(user)))
            .key(SK, text("HEAD"))
            .condition_expression(record_update.record.version_condition());
        for (name, value) in record_update.record.version_values() {
            update = update.expression_attribute_values(name, value);
        }
        let UserRecordUpdate { record, voids, suspension: _ } = record_update;
        let mut set = "SET v = :next".to_owned();
        if let Some((name, at)) = voids.map(VoidedAssertions::attribute) {
            // A user record that is about to be deleted must last as long as the assertions that it invalidates.
            let kept_until = record.kept_until.unwrap_or(now).max(now + USER_RECORD_TTL);
            set.push_str(&format!(", {name} = :{name}, #ttl = :ttl"));
            update = update
                .expression_attribute_values(format!(":{name}"), moment(at))
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":ttl", moment(kept_until));
        }
        let update = update.update_expression(set);
        TransactWriteItem::builder()
            .update(update.build().expect("table, key and expression are given"))
            .build()
    }
}

const RECORD: &str = "END";
const REASON: &str = "reason";
const AT: &str = "ended_at";
const BY: &str = "ended_by";
const NOTE: &str = "note";
/// The last generation.
const LAST_GENERATION: &str = "generation";
/// The hashes of the keys that made the last three generations, newest first. A generation without a key is eight zeros.
const LAST_KEYS: &str = "keys";
/// The first address of the network that made the last generation.
const LAST_NETWORK: &str = "network";
/// The device that made the last generation.
const LAST_DEVICE: &str = "device";

fn record_item(end: &SessionEnd, ttl: Timestamp) -> Item {
    let mut item = Item::from([
        (PK.into(), text(format!("X#{}", end.session))),
        (EVENT_ID.into(), text(RECORD)),
        (USER_ID.into(), text(end.user.as_str())),
        (REASON.into(), text(end.reason.as_str())),
        (AT.into(), moment(end.at)),
        (BY.into(), text(end.by.encode())),
        (TTL.into(), moment(ttl)),
    ]);
    if let Some(note) = &end.note {
        item.insert(NOTE.into(), text(note));
    }
    let LastRotation { generation, made_by, client } = &end.last;
    item.insert(LAST_GENERATION.into(), number(generation));
    if made_by.iter().any(Option::is_some) {
        let bytes = made_by.map(|key| key.map_or([0; 8], |key| *key.as_bytes())).concat();
        item.insert(LAST_KEYS.into(), AttributeValue::B(Blob::new(bytes)));
    }
    if let Some(network) = client.ip {
        item.insert(LAST_NETWORK.into(), text(network.to_string()));
    }
    item.insert(LAST_DEVICE.into(), item::pack_device(&client.device));
    item
}

fn record_of(row: &Item) -> Result<EndRecord, StoreError> {
    Ok(EndRecord {
        user: item::string(row, USER_ID)?.parse().map_err(|_| StoreError::Malformed(USER_ID))?,
        reason: EndReason::parse(item::string(row, REASON)?).unwrap_or(EndReason::Admin),
        at: item::timestamp(row, AT)?,
        by: Actor::decode(item::string(row, BY)?).ok_or(StoreError::Malformed(BY))?,
        note: item::optional(row, NOTE).map(str::to_owned),
        last: row.contains_key(LAST_GENERATION).then(|| last_rotation(row)).transpose()?,
    })
}

fn last_rotation(row: &Item) -> Result<LastRotation, StoreError> {
    let keys = row.get(LAST_KEYS).and_then(|value| value.as_b().ok()).map(Blob::as_ref).unwrap_or_default();
    let mut made_by = [None; 3];
    for (slot, key) in made_by.iter_mut().zip(keys.chunks_exact(8)) {
        let key: [u8; 8] = key.try_into().map_err(|_| StoreError::Malformed(LAST_KEYS))?;
        *slot = (key != [0; 8]).then(|| KeyHash::from_bytes(key));
    }
    let client = ClientContext {
        ip: item::optional(row, LAST_NETWORK).and_then(|ip| ip.parse().ok()),
        device: row.get(LAST_DEVICE).map(item::unpack_device).unwrap_or_default(),
        ..ClientContext::default()
    };
    Ok(LastRotation { generation: item::integer(row, LAST_GENERATION)?, made_by, client })
}
