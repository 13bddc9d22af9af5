//! `POST /introspect`: is this access token active at this moment? *Source*: RFC 7662.
//!
//! The caller is a backend with the scope `latchkey:introspect`, or the holder of the token, which sends the
//! same token in `Authorization`, too. For an inactive token the body is exactly `{"active":false}`, whether the token
//! is malformed, expired, revoked or a refresh token. Unlike offline verification, this reads the session's row.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;
use subtle::ConstantTimeEq as _;

use latchkey_verifier::authorization_token;

use crate::app::App;
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::{INTROSPECT, Scope};
use crate::domain::time::Timestamp;
use crate::http::body::{self, MediaType, form_parameter};
use crate::http::caller::signed_claims;
use crate::http::problem::{Code, OAuthForm, Problem};
use crate::http::service_caller;
use crate::token::access::{Confirmation, SignedClaims, token_type};

/// The body of `POST /introspect`.
#[derive(Serialize)]
pub(super) struct IntrospectionResponse {
    active: bool,
    #[serde(flatten)]
    token: Option<ActiveToken>,
}

/// The members of an active token. Times are seconds since 1970, as in the token itself.
#[derive(Serialize)]
struct ActiveToken {
    sub: UserId,
    sid: SessionId,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: Scope,
    client_id: String,
    exp: i64,
    iat: i64,
    iss: String,
    aud: String,
    jti: String,
    token_type: &'static str,
    /// The key that the token is bound to. *Source*: RFC 9449 section 6.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

pub(super) async fn introspect(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<IntrospectionResponse>, Problem> {
    let is_form = body::is_form(&headers);
    let response = answer(&app, &headers, body).await;
    response
        .map(Json)
        .map_err(|problem| if is_form { problem.as_oauth(OAuthForm::Authenticated) } else { problem })
}

async fn answer(app: &App, headers: &HeaderMap, body: Body) -> Result<IntrospectionResponse, Problem> {
    let now = app.now();
    let bytes = body::read(body).await?;
    if body::media_type(headers, &bytes)? != MediaType::Form {
        return Err(Problem::of(Code::UnsupportedMediaType));
    }
    let form = std::str::from_utf8(&bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    let token = form_parameter(form, "token")?;
    if !is_holder(headers, token.as_deref())? {
        service_caller::require_scope(app, headers, INTROSPECT, now).await?;
    }
    let token = token.ok_or_else(|| Problem::field("token", "is required"))?;
    let active = active_token(app, &token, now).await?;
    Ok(IntrospectionResponse { active: active.is_some(), token: active })
}

/// Whether the caller authenticates with the same token that it asks about.
fn is_holder(headers: &HeaderMap, token: Option<&str>) -> Result<bool, Problem> {
    let (Some((_, shown)), Some(token)) = (authorization_token(headers)?, token) else { return Ok(false) };
    Ok(shown.as_bytes().ct_eq(token.as_bytes()).into())
}

async fn active_token(app: &App, token: &str, now: Timestamp) -> Result<Option<ActiveToken>, Problem> {
    // The token is described and not used, so that no proof is needed: the caller compares `cnf` with the proof that it got.
    let signed = signed_claims(token, app, now).and_then(|signed| signed.unexpired(now.into()));
    let Ok(claims) = signed.map(SignedClaims::unproven) else { return Ok(None) };
    let row = app.store().read_session(&claims.sub, &claims.sid, now).await?;
    let Some(row) = row.filter(|row| row.is_live(now)) else { return Ok(None) };
    Ok(Some(ActiveToken {
        // A scope that the session lost is not reported, even if the token still carries it.
        scope: claims.scope.within(&row.scope),
        sub: claims.sub,
        sid: claims.sid,
        client_id: claims.client_id,
        exp: claims.exp,
        iat: claims.iat,
        iss: claims.iss,
        aud: claims.aud,
        jti: claims.jti,
        token_type: token_type(claims.cnf.as_ref()),
        cnf: claims.cnf,
        auth_time: claims.auth_time,
    }))
}
