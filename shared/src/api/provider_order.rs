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
use crate::app::provider_order::{ORDER_TIMEOUT, count_failure};
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::token::issuer::TrustedIssuer;
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

impl<T> OrderToken<T> {
    /// Verifies a token, and returns its content with the issuer whose users it is about.
    ///
    /// # Errors
    /// The refusal. 503 if the issuer's keys cannot be fetched, because the token may be authentic.
    async fn verified<'a>(
        &self,
        app: &'a App,
        text: &str,
        now: Timestamp,
    ) -> Result<(&'a TrustedIssuer, T), Problem> {
        let trusted = &app.config().trusted_issuers;
        let claimed = claimed_issuer(text, self.rules, trusted).map_err(self.refusal)?;
        let keys = app.issuer_keys().keys(&claimed.source.keys, text, now).await?;
        let content = (self.verify)(text, claimed, &keys, now).map_err(self.refusal)?;
        Ok((claimed.issuer, content))
    }
}

/// Limits the work of an order to the time of a request.
///
/// # Errors
/// Those of the work. 503 if it takes longer. Each 503 is counted.
async fn in_time(app: &App, work: impl Future<Output = Result<(), Problem>>) -> Result<(), Problem> {
    let outcome = tokio::time::timeout(ORDER_TIMEOUT, work).await.unwrap_or_else(|_| {
        Err(Problem::of(Code::StoreUnavailable).because("the order was not carried out in time"))
    });
    if outcome.as_ref().is_err_and(Problem::is_server_error) {
        count_failure(app);
    }
    outcome
}
