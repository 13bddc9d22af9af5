//! An order of an identity provider ends sessions, and voids assertions that were issued before it.
//!
//! A session at the provider is voided first: from then on no sign-in with it commits, and one that was committed before is among
//! the sessions that are read afterwards. So the order wins over a sign-in at the same time, also if it overtakes it.
//!
//! Most providers send an order once. So a fault of the store is tried again until the time of the request is used up.

use std::time::Duration;

use crate::app::App;
use crate::app::sign_out::{RevokeCommand, SessionSelector, end_many};
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind, Subject};
use crate::domain::id::UserId;
use crate::domain::logout_order::{LogoutOrder, OrderSubject};
use crate::domain::session::end::EndReason;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::backoff::back_off;
use crate::telemetry::metrics::Counter;
use crate::token::issuer::{OrderKind, TrustedIssuer};
use crate::token::revocation_order::RevocationCredential;

/// The time for an order, from the moment at which its body has been read. The request's own deadline, 2.9 s, must not come first,
/// because the failure would not be counted then.
pub const ORDER_TIMEOUT: Duration = Duration::from_millis(2_600);

/// The part of [`ORDER_TIMEOUT`] in which the keys of the issuer are fetched, and fetched again after a fault. The rest is for
/// the store.
pub const KEYS_TIMEOUT: Duration = Duration::from_millis(2_200);

/// An issuer has at most one event about its subjects in this time.
const REPORTED_ONCE_IN: Duration = Duration::from_secs(3_600);

/// The effect of an order, for the log. It names no user and no session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderEffect {
    /// The sessions that ended.
    pub ended: usize,
    /// Whether the subject is known: its session at the provider led to a user, or its user has a session.
    pub is_known: bool,
}

impl OrderEffect {
    /// The effect of both.
    pub fn and(self, other: Self) -> Self {
        Self { ended: self.ended + other.ended, is_known: self.is_known || other.is_known }
    }
}

/// Carries out an order, and tries again after a fault of the store. The caller limits the time, with [`ORDER_TIMEOUT`].
///
/// The user of the order may be another one than the user that its session at the provider leads to, for example because the
/// provider's orders have another form of `sub` than its assertions. Then it ends the sessions that show this session at the
/// provider as well, because the provider gets success and does not send the order again.
///
/// *Atomicity*: each session's end is, as in [`end_many`]. Repeating the order completes it.
///
/// # Errors
/// A row is malformed. All that other rows permit is done then. A store that cannot be reached is never an error.
pub async fn carry_out(app: &App, order: &LogoutOrder, now: Timestamp) -> Result<OrderEffect, StoreError> {
    let (user, voided) = match &order.subject {
        OrderSubject::User(user) => (Some(user), Ok(None)),
        OrderSubject::Upstream { session, user } => {
            let void = || app.store().void_upstream_session(session, order.until, now);
            (user.as_ref(), repeated(void).await)
        }
    };
    let (signed_in, mut outcome) = match voided {
        Ok(signed_in) => {
            let is_known = signed_in.is_some();
            (signed_in, Ok(OrderEffect { ended: 0, is_known }))
        }
        Err(error) => (None, Err(error)),
    };
    if let Some(signed_in) = signed_in.filter(|signed_in| user != Some(signed_in)) {
        if user.is_some() {
            tracing::warn!(
                "an order of the identity provider names another user than the sign-in with its sid"
            );
        }
        let of_session = order.without_user();
        outcome = both(outcome, repeated(|| end_sessions(app, &signed_in, &of_session, now)).await);
    }
    // Without any user there was no sign-in with this session, and there will be none.
    if let Some(user) = user {
        outcome = both(outcome, repeated(|| end_sessions(app, user, order, now)).await);
    }
    outcome
}

/// The effect of two steps, or the first fault.
pub fn both(
    one: Result<OrderEffect, StoreError>,
    other: Result<OrderEffect, StoreError>,
) -> Result<OrderEffect, StoreError> {
    Ok(one?.and(other?))
}

/// Ties the credential of an order with an unsigned body to the order's user. Returns false if it is tied to another user.
///
/// # Errors
/// As [`carry_out`].
pub async fn tie_credential(
    app: &App,
    credential: &RevocationCredential,
    user: &UserId,
) -> Result<bool, StoreError> {
    repeated(|| app.store().tie_credential(&credential.id, user, credential.expires_at)).await
}

/// The outcome of a call that is repeated, after a wait, for as long as the store has a fault.
async fn repeated<T, F>(call: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut attempt = 0;
    loop {
        match call().await {
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Contended)) => {
                tracing::warn!(%error, attempt, "an order of the identity provider is tried again");
                back_off(attempt).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// Reports an authentic security event that cannot be carried out, for example because its subject is none of ours: at most one event
/// an hour for each issuer, so that an issuer with a wrong setting does not send an alert for each order. Each one is counted.
pub async fn report_refused_event(app: &App, issuer: &TrustedIssuer, now: Timestamp) {
    count_failure(app);
    let reported = format!("provider_order_refused {}", issuer.issuer);
    if app.refusal_cache().until(&reported, now).is_some() {
        return;
    }
    app.refusal_cache().remember(&reported, now + REPORTED_ONCE_IN, now);
    let kind = EventKind::ProviderOrderRefused { issuer: issuer.issuer.clone() };
    let event = Event::with_derived_id(Subject::Everyone, None, now.start_of_hour(), &reported, kind);
    app.record_events(&[Event { at: now, ..event }], std::future::ready(Ok(()))).await;
}

/// Counts an order that cannot be checked, because the keys of its issuer cannot be fetched. It may be forged, so that it does not
/// count as an authentic one. An alarm of its own watches this counter.
pub fn count_unchecked(app: &App) {
    app.metrics().count(Counter::ProviderKeysUnavailable);
}

/// Counts a refused order, and returns whether it is logged. Anyone can send one, so that no alarm watches this counter.
pub fn count_refusal(app: &App, kind: OrderKind) -> bool {
    app.metrics().count(Counter::ProviderOrdersRefused);
    app.refused_orders().should_log(kind, app.now())
}

/// Counts an authentic order that was not carried out. Its sessions live on, so that an alarm watches this counter.
pub fn count_failure(app: &App) {
    app.metrics().count(Counter::ProviderOrdersFailed);
}

async fn end_sessions(
    app: &App,
    user: &UserId,
    order: &LogoutOrder,
    now: Timestamp,
) -> Result<OrderEffect, StoreError> {
    let client = ClientContext::default();
    let command = RevokeCommand {
        session: None,
        client: &client,
        reason: EndReason::Provider,
        by: Actor::Provider,
        note: None,
        suspension: None,
        now,
        attempts_until: None,
    };
    let state = app.store().read_user_state(user, now).await?;
    let is_known = !state.sessions.is_empty();
    let ended = end_many(app, user, SessionSelector::Ordered(order), &command, state).await?.len();
    Ok(OrderEffect { ended, is_known })
}
