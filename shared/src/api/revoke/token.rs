//! Strategy `token`, and the form of RFC 7009: end the session of a token that the caller holds.
//!
//! Holding the token is the right to end it, as for any public client. A caller who also says who they are
//! ends nothing of somebody else's. Access or refresh token, current or older: the whole session goes, since
//! a token that is given up must leave nothing behind. *Source*: RFC 7009 section 2.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use super::super::revoke_response::RevokeResponse;
use super::client;
use super::current::{Named, end_named, named_by_access, named_by_refresh};
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::http::body::parameter;
use crate::http::caller::{bearer, verify};
use crate::http::problem::Problem;

/// The form answers 200 and no body for every token, known or not.
pub(super) async fn as_rfc7009(app: &App, parts: &mut Parts, bytes: &Bytes) -> Result<Response, Problem> {
    let form = std::str::from_utf8(bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    // A hint may be wrong, and we need none.
    parameter(form, "token_type_hint")?;
    let token = parameter(form, "token")?.filter(|token| !token.is_empty());
    end(app, parts, &token.ok_or_else(|| Problem::field("token", "is missing"))?).await?;
    Ok(StatusCode::OK.into_response())
}

pub(super) async fn end(app: &App, parts: &mut Parts, token: &str) -> Result<RevokeResponse, Problem> {
    let now = app.now();
    let nothing = || RevokeResponse::new(app, vec![], now);
    let Some(named) = named(app, token, now) else { return Ok(nothing()) };
    if !is_callers_own(app, parts, &named, now)? {
        return Ok(nothing());
    }
    let client = client(parts, app).await;
    Ok(end_named(app, &named, &client, now).await?.unwrap_or_else(nothing))
}

/// The session that a token of ours names; a token that is over or was never ours names none.
fn named(app: &App, token: &str, now: Timestamp) -> Option<Named> {
    named_by_refresh(app, token).or_else(|_| named_by_access(app, token, now)).ok()
}

/// Whether the session is of the user that `Authorization` names. Cookies say nothing here: a page of another
/// site may have sent the form.
fn is_callers_own(app: &App, parts: &Parts, named: &Named, now: Timestamp) -> Result<bool, Problem> {
    let Some(token) = bearer(&parts.headers)? else { return Ok(true) };
    Ok(verify(&token, app, now)?.sub == named.user)
}
