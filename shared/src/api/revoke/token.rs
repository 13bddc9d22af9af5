//! Strategy `token`, and the form of RFC 7009: end the session of a token that the caller holds.
//!
//! Possession of the token is the right to revoke it, as for every public client. A caller that also sends its
//! own access token can only revoke its own user's tokens. Any token of a session, access or refresh, current or
//! older, ends the whole session. *Source*: RFC 7009 section 2.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use serde_json::Map;

use latchkey_verifier::authorization_token;

use super::super::revoke_response::RevokeResponse;
use super::current::{Evidence, TokenSession, end_token_session, session_of_refresh_token, shown};
use crate::app::App;
use crate::domain::session::idempotency_key::IdempotencyKey;
use crate::domain::time::Timestamp;
use crate::http::body::{form_parameter, parameter};
use crate::http::caller::signed_claims;
use crate::http::problem::Problem;

/// The form of RFC 7009: 200 for every token, known or unknown. RFC 7009 section 2.2 lets clients ignore the body. It is
/// an empty JSON object, because clients that are generated from `openapi.yaml` parse each body as JSON.
pub(super) async fn as_rfc7009(app: &App, parts: &mut Parts, bytes: &Bytes) -> Result<Response, Problem> {
    let form = std::str::from_utf8(bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    // A wrong hint must not change the outcome, and the token itself shows its kind.
    parameter(form, "token_type_hint")?;
    let token = form_parameter(form, "token")?;
    end(app, parts, &token.ok_or_else(|| Problem::field("token", "is required"))?, &[]).await?;
    Ok(Json(Map::new()).into_response())
}

pub(super) async fn end(
    app: &App,
    parts: &mut Parts,
    token: &str,
    previous_keys: &[IdempotencyKey],
) -> Result<RevokeResponse, Problem> {
    let now = app.now();
    let nothing = || RevokeResponse::new(app, vec![], now);
    let Some(token_session) = session_of_token(app, token, now) else { return Ok(nothing()) };
    if !is_callers_own(app, parts, &token_session, now)? {
        return Ok(nothing());
    }
    let evidence = Evidence::of(app, parts, &token_session, previous_keys, now).await;
    Ok(end_token_session(app, &token_session, &evidence, now).await?.unwrap_or_else(nothing))
}

/// The session of an authentic token: of an access token, expired or not, and of a refresh token that has not expired. A
/// foreign token names none.
fn session_of_token(app: &App, token: &str, now: Timestamp) -> Option<TokenSession> {
    match session_of_refresh_token(app, token, now) {
        Ok(session) => session,
        // The token is named and not used, so that no proof is needed: to have it is the right to revoke it.
        Err(_) => signed_claims(token, app, now).ok().map(|signed| TokenSession::of(signed.unproven())),
    }
}

/// Whether the session belongs to the user of the `Authorization` header, if there is one. Cookies do not count,
/// because a page of another site can send this form with them. `Basic` does not count either: clients are public, and
/// an expired token still shows its user.
fn is_callers_own(
    app: &App,
    parts: &Parts,
    token_session: &TokenSession,
    now: Timestamp,
) -> Result<bool, Problem> {
    let Some((scheme, token)) = authorization_token(&parts.headers)? else { return Ok(true) };
    Ok(shown(parts, scheme, &token).authentic_claims(app, now)?.sub == token_session.user)
}
