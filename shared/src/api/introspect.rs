//! `POST /introspect`: is this access token good right now? *Source*: RFC 7662.
//!
//! Asked by a backend with the scope `latchkey:introspect`, or by whoever holds the token and shows it as
//! Bearer, too. What is not active is exactly `{"active":false}`, whatever the reason: malformed, expired,
//! ended, a refresh token. Unlike offline verification it reads the session's live row.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use http::HeaderMap;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use crate::app::App;
use crate::domain::scope::INTROSPECT;
use crate::domain::time::Timestamp;
use crate::http::body::{self, MediaType, parameter};
use crate::http::caller::{bearer, verify};
use crate::http::problem::{Code, Problem};
use crate::http::service_caller;

pub(super) async fn introspect(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let now = app.now();
    let bytes = body::read(body).await?;
    if body::media_type(&headers, &bytes)? != MediaType::Form {
        return Err(Problem::of(Code::UnsupportedMediaType));
    }
    let form = std::str::from_utf8(&bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
    let token = parameter(form, "token")?.filter(|token| !token.is_empty());
    if !holds(&headers, token.as_deref())? {
        service_caller::expect(&app, &headers, INTROSPECT, now).await?;
    }
    let token = token.ok_or_else(|| Problem::field("token", "is missing"))?;
    Ok(Json(describe(&app, &token, now).await?))
}

/// Whether the caller shows the very token that is asked about.
fn holds(headers: &HeaderMap, token: Option<&str>) -> Result<bool, Problem> {
    let (Some(shown), Some(token)) = (bearer(headers)?, token) else { return Ok(false) };
    Ok(shown.as_bytes().ct_eq(token.as_bytes()).into())
}

async fn describe(app: &App, token: &str, now: Timestamp) -> Result<Value, Problem> {
    let inactive = json!({"active": false});
    let Ok(claims) = verify(token, app, now) else { return Ok(inactive) };
    let row = app.store().session(&claims.sub, &claims.sid, now).await?;
    let Some(row) = row.filter(|row| row.is_live(now)) else { return Ok(inactive) };
    // A role that was taken away is gone, whatever the token still says.
    let scope = claims.scope.within(&row.scope);
    Ok(json!({
        "active": true,
        "sub": claims.sub,
        "sid": claims.sid,
        "scope": scope,
        "client_id": claims.client_id,
        "exp": claims.exp,
        "iat": claims.iat,
        "iss": claims.iss,
        "aud": claims.aud,
        "jti": claims.jti,
        "token_type": "access_token",
        "auth_time": claims.auth_time,
    }))
}
