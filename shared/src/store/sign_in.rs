//! The write of a sign-in: session, user record, events and ended sessions in one transaction.

use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};

use super::error::{StoreError, TransactionOutcome, transaction_outcome};
use super::item::{moment, text};
use super::schema::*;
use super::upstream_session::UpstreamLink;
use super::user_key::{long_id, user_key};
use super::user_state::{UserRecord, pack_used};
use super::{Store, TRANSACTION_MAX, session_item};
use crate::domain::event::Event;
use crate::domain::session::Session;
use crate::domain::session::end::SessionEnd;
use crate::domain::time::Timestamp;
use crate::token::assertion::UsedMark;

/// Everything that a sign-in writes.
#[derive(Clone, Debug)]
pub struct SessionOpening<'o> {
    /// The new session.
    pub session: &'o Session,
    /// The user record as it was read.
    pub record: &'o UserRecord,
    /// The assertions used lately, with the one of this sign-in.
    pub used: &'o [(UsedMark, Timestamp)],
    /// The session at the identity provider, if the provider may end it.
    pub upstream: Option<UpstreamLink<'o>>,
    /// The sessions that the sign-in ends.
    pub ends: &'o [SessionEnd],
    /// The events of the sign-in, the sign-in itself first.
    pub events: &'o [Event],
    /// The current time in milliseconds, for event ids.
    pub now_millis: i64,
}

/// How long a user record outlives its last session or its last change: 4 d. Cleanup reads long user ids in it, so that it
/// must outlive the rows of its sessions.
pub(super) const USER_RECORD_TTL: Duration = TTL_BACKSTOP.saturating_add(Duration::from_secs(86_400));

impl Store {
    /// Opens a session.
    ///
    /// *Atomicity*: one transaction on condition of the user record's version. So concurrent sign-ins and revocations of one
    /// user happen one after another, the session limit holds, and only a committed sign-in uses its assertion.
    ///
    /// # Errors
    /// The store failed. The transaction may have been committed; the SDK repeats it under the same idempotency token.
    pub async fn open(&self, opening: &SessionOpening<'_>) -> Result<TransactionOutcome, StoreError> {
        let mut items = vec![self.put_session(opening.session), self.use_assertion(opening)];
        items.extend(opening.upstream.map(|upstream| {
            let Session { user, asserted_at, absolute_expires_at, .. } = opening.session;
            self.link_upstream_session(upstream, user, *asserted_at, *absolute_expires_at + USER_RECORD_TTL)
        }));
        items.extend(opening.events.iter().map(|event| self.put_event(event)));
        items.extend(opening.ends.iter().flat_map(|end| self.end_items(end, opening.now_millis)));
        items.extend(self.put_feed_item(opening.ends, opening.now_millis));
        // A sign-in that ends very many sessions leaves no room. Its session still leads to the user, and its event has the address.
        let login = opening.events.first();
        let of_network = login.and_then(|login| self.put_network_sign_in(opening.session, login));
        let pointers = opening.events.iter().filter_map(|event| self.put_pointer(event));
        let room = TRANSACTION_MAX.saturating_sub(items.len());
        items.extend(of_network.into_iter().chain(pointers).take(room));
        match self.transaction(items).send().await {
            Ok(_) => Ok(TransactionOutcome::Committed),
            Err(error) => transaction_outcome(error),
        }
    }

    fn put_session(&self, session: &Session) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.tables.sessions)
            .set_item(Some(session_item(session, self.expiry_shards)))
            .condition_expression("attribute_not_exists(pk)");
        TransactWriteItem::builder().put(put.build().expect("table and item are given")).build()
    }

    fn use_assertion(&self, opening: &SessionOpening<'_>) -> TransactWriteItem {
        let (user, record) = (&opening.session.user, opening.record);
        let used = AttributeValue::B(Blob::new(pack_used(opening.used)));
        let kept_until = opening.session.absolute_expires_at + USER_RECORD_TTL;
        // An older session can last longer than this one, if `SESSION_TTL` was reduced.
        let kept_until = record.kept_until.map_or(kept_until, |before| before.max(kept_until));
        let mut update = Update::builder()
            .table_name(&self.tables.sessions)
            .key(PK, text(user_key(user)))
            .key(SK, text("HEAD"))
            .condition_expression(record.version_condition())
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":used", used)
            .expression_attribute_values(":ttl", moment(kept_until));
        update = match long_id(user) {
            None => update.update_expression("SET v = :next, us = :used, #ttl = :ttl"),
            Some(id) => update
                .update_expression("SET v = :next, us = :used, #ttl = :ttl, user_id = :user")
                .expression_attribute_values(":user", text(id)),
        };
        for (name, value) in record.version_values() {
            update = update.expression_attribute_values(name, value);
        }
        TransactWriteItem::builder()
            .update(update.build().expect("table, key and expression are given"))
            .build()
    }
}
