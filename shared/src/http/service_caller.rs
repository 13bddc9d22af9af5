//! Calls of the app's own backends. A backend has no session; it sends an assertion of a trusted issuer as Bearer,
//! and the assertion's scope names the permitted call. Such an assertion is valid for five minutes at most, can be
//! used repeatedly until then, and never opens a session.

use http::HeaderMap;

use latchkey_verifier::bearer_token;

use super::problem::{Code, Problem};
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::token::assertion::{self, AssertionError};

/// Accepts a backend whose assertion grants `scope`.
///
/// # Errors
/// `token_missing`, `invalid_token`, or `forbidden` without the scope.
pub async fn require_scope(
    app: &App,
    headers: &HeaderMap,
    scope: &'static str,
    now: Timestamp,
) -> Result<(), Problem> {
    let token = bearer_token(headers)?.ok_or_else(|| Problem::of(Code::TokenMissing))?;
    let refused = |error: AssertionError| match error {
        AssertionError::Scope => Problem::insufficient_scope(scope),
        error => Problem::of(Code::InvalidToken).because(error),
    };
    let issuer = assertion::claimed_issuer(&token, &app.config().trusted_issuers).map_err(refused)?;
    let keys = app.issuer_keys().keys(&issuer.keys, &token, now).await?;
    assertion::verify_service(&token, issuer, &keys, scope, now).map_err(refused)
}
