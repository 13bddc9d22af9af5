//! Is this one of the app's own backends? It calls without a session, with an assertion as Bearer whose
//! scope says what for. Such an assertion lives five minutes at most, may be used again until then, and never
//! opens a session.

use http::HeaderMap;

use super::caller::bearer;
use super::problem::{Code, Problem};
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::token::assertion::{self, AssertionError};

/// Lets a backend through whose assertion grants `scope`.
///
/// # Errors
/// No token, one that is not good, or one without the scope.
pub async fn expect(
    app: &App,
    headers: &HeaderMap,
    scope: &'static str,
    now: Timestamp,
) -> Result<(), Problem> {
    let token = bearer(headers)?.ok_or_else(|| Problem::of(Code::TokenMissing))?;
    let refused = |error: AssertionError| match error {
        AssertionError::Scope => Problem::insufficient_scope(scope),
        error => Problem::of(Code::InvalidToken).because(error),
    };
    let issuer = assertion::claimed_issuer(&token, &app.config().trusted_issuers).map_err(refused)?;
    let keys = app.issuer_keys().keys(issuer, &token, now).await?;
    assertion::verify_service(&token, issuer, &keys, scope, now).map_err(refused)
}
