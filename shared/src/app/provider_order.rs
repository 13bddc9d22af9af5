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
use crate::domain::id::UserId;
use crate::domain::logout_order::{LogoutOrder, OrderSubject};
use crate::domain::session::end::EndReason;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::backoff::back_off;
use crate::telemetry::metrics::Counter;

/// The time for an order, from the moment at which its body has been read. The request's own deadline, 2.9 s, must not come first,
/// because the failure would not be counted then.
pub const ORDER_TIMEOUT: Duration = Duration::from_millis(2_600);

/// Carries out an order, and tries again after a fault of the store. The caller limits the time, with [`ORDER_TIMEOUT`].
///
/// *Atomicity*: each session's end is, as in [`end_many`]. Repeating the order completes it.
///
/// # Errors
/// A row is malformed. A store that cannot be reached is never an error.
pub async fn carry_out(app: &App, order: &LogoutOrder, now: Timestamp) -> Result<(), StoreError> {
    for attempt in 0.. {
        match attempt_order(app, order, now).await {
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Contended)) => {
                tracing::warn!(%error, attempt, "an order of the identity provider is tried again");
                back_off(attempt).await;
            }
            outcome => return outcome,
        }
    }
    Ok(())
}

/// Counts an authentic order that was not carried out. Its sessions live on, so that an alarm watches this counter.
pub fn count_failure(app: &App) {
    app.metrics().count(Counter::ProviderOrdersFailed);
}

async fn attempt_order(app: &App, order: &LogoutOrder, now: Timestamp) -> Result<(), StoreError> {
    let user = match &order.subject {
        OrderSubject::User(user) => Some(user.clone()),
        OrderSubject::Upstream { session, user } => {
            let signed_in = app.store().void_upstream_session(session, order.until, now).await?;
            user.clone().or(signed_in)
        }
    };
    // Without a user there was no sign-in with this session, and there will be none.
    let Some(user) = user else { return Ok(()) };
    end_sessions(app, &user, order, now).await
}

async fn end_sessions(
    app: &App,
    user: &UserId,
    order: &LogoutOrder,
    now: Timestamp,
) -> Result<(), StoreError> {
    let client = ClientContext::default();
    let command = RevokeCommand {
        session: None,
        client: &client,
        reason: EndReason::Provider,
        by: Actor::Provider,
        note: None,
        now,
    };
    let state = app.store().read_user_state(user, now).await?;
    end_many(app, user, SessionSelector::Ordered(order), &command, state).await?;
    Ok(())
}
