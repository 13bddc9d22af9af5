//! The endpoints at which identity providers end sessions. An order is authentic by its signature, so that they take no credential
//! and no cookie.

mod backchannel;
mod events;
mod global_revocation;

use std::future::Future;

use axum::Router;
use axum::routing::post;
use latchkey_verifier::VerifyingKey;

use crate::app::App;
use crate::app::provider_order::{
    KEYS_TIMEOUT, ORDER_TIMEOUT, OrderEffect, count_failure, count_refusal, count_unchecked,
};
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::store::StoreError;
use crate::token::fetch::KeysUnavailable;
use crate::token::issuer::{OrderKind, TrustedIssuer};
use crate::token::order::{ClaimedIssuer, OrderError, OrderRules, claimed_issuer};

/// The longest body, in bytes.
const ORDER_MAX_BYTES: usize = 8 * 1024;

/// The routes, which the revoke function serves.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/backchannel-logout", post(backchannel::logout))
        .route("/api/auth/global-token-revocation", post(global_revocation::revoke))
        .route("/api/auth/ssf/events", post(events::receive))
}

/// A kind of token that authenticates orders at one of the endpoints.
struct OrderToken<T> {
    rules: &'static OrderRules,
    verify: fn(&str, ClaimedIssuer<'_>, &[VerifyingKey], Timestamp) -> Result<T, OrderError>,
    /// The response to a token that is refused.
    refusal: fn(OrderError) -> Problem,
}

/// Why an order is not carried out.
enum Refusal {
    /// The keys of its issuer cannot be fetched, so that it may be authentic.
    KeysUnavailable(KeysUnavailable),
    Other(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl<T> OrderToken<T> {
    /// Verifies a token, and returns its content with the issuer whose users it is about.
    async fn verified<'a>(
        &self,
        app: &'a App,
        text: &str,
        now: Timestamp,
    ) -> Result<(&'a TrustedIssuer, T), Refusal> {
        let trusted = &app.config().trusted_issuers;
        let claimed = claimed_issuer(text, self.rules, trusted).map_err(self.refusal)?;
        let keys = app.issuer_keys().keys_for_order(&claimed.source.keys, text, now, KEYS_TIMEOUT).await;
        let keys = keys.map_err(Refusal::KeysUnavailable)?;
        let content = (self.verify)(text, claimed, &keys, now).map_err(self.refusal)?;
        Ok((claimed.issuer, content))
    }
}

/// Limits the work of an order to the time of a request.
///
/// # Errors
/// The refusal. 503 if the issuer's keys or the store could not be reached in that time, which is counted.
async fn in_time(
    app: &App,
    kind: OrderKind,
    work: impl Future<Output = Result<(), Refusal>>,
) -> Result<(), Problem> {
    let problem = match tokio::time::timeout(ORDER_TIMEOUT, work).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(Refusal::KeysUnavailable(error))) => return Err(unchecked(app, kind, error)),
        Ok(Err(Refusal::Other(problem))) => problem,
        Err(_) => Problem::of(Code::StoreUnavailable).because("the order was not carried out in time"),
    };
    if problem.is_server_error() {
        count_failure(app);
    }
    Err(problem)
}

/// 503, because the order may be authentic. With a key that the issuer does not have it is most likely forged, so that it counts as
/// refused. An issuer whose keys cannot be fetched is a fault, whether the order is forged or not.
fn unchecked(app: &App, kind: OrderKind, error: KeysUnavailable) -> Problem {
    if !matches!(error, KeysUnavailable::UnknownKey) {
        count_unchecked(app);
        return error.into();
    }
    let problem = Problem::from(error).counted_as_refusal();
    let problem =
        problem.detail("no key of the issuer has the kid of this token yet; send it again in 10 seconds");
    if count_refusal(app, kind) { problem } else { problem.without_log_line() }
}

/// Counts a refusal, which anyone can cause, and logs some of them.
fn refused(app: &App, kind: OrderKind, problem: Problem) -> Problem {
    if problem.is_server_error() || count_refusal(app, kind) { problem } else { problem.without_log_line() }
}

/// Logs an authentic order, because the response is the same whether it ended a session or named a user that Latchkey has never seen.
/// The line has no subject, which would be personal data. Only the provider's own orders have one, so that none is left out.
fn log_carried_out(issuer: &TrustedIssuer, kind: OrderKind, events: &[String], effect: OrderEffect) {
    tracing::info!(
        issuer = issuer.issuer,
        way = kind.name(),
        events = events.join(" "),
        ended = effect.ended,
        known = effect.is_known,
        "order of the identity provider carried out"
    );
}
