//! `GET /refresh`: how does this client stand? It changes nothing, whatever token it is shown.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde_json::{Value, json};

use super::own_sessions::end_reason;
use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::session::rotation::in_grace;
use crate::domain::time::Timestamp;
use crate::http::caller::{authentic, bearer};
use crate::http::client::Client;
use crate::http::cookie::CookieKind;
use crate::http::problem::Problem;
use crate::token::access::Claims;
use crate::token::refresh;

/// What the client holds, as far as it is authentic.
#[derive(Default)]
struct Held {
    access: Option<Claims>,
    refresh: Option<RefreshToken>,
    by_cookie: bool,
}

pub(super) async fn status(
    State(app): State<App>,
    Client(client): Client,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let now = app.now();
    let held = held(&app, &headers, now)?;
    let Some((user, session)) = held.session() else {
        return Ok(answer("none", None, &Value::Null, false, now));
    };
    let row = app.store().session(&user, &session, now).await?;
    let Some(row) = row.as_ref().filter(|row| row.is_live(now)) else {
        let reason = end_reason(&app, row.as_ref(), &session).await?;
        let mut ended = answer("ended", None, &json!(session), false, now);
        ended.0["reason"] = json!(reason);
        return Ok(ended);
    };
    let refreshable = held.is_refreshable(row, &client, now, app.config().lifetimes.grace);
    if held.access.is_none() && !refreshable {
        // An older token: its holder learns nothing about newer ones.
        return Ok(answer("none", None, &Value::Null, false, now));
    }
    let near = app.config().lifetimes.near_expiry;
    let expires_at = held.access.map(|claims| Timestamp::from_seconds(claims.exp));
    let state = match expires_at {
        Some(at) if now + near < at => "active",
        Some(at) if now < at => "expiring",
        _ => "expired",
    };
    let can_refresh = refreshable && row.blocked_until.is_none_or(|until| now >= until);
    Ok(answer(state, expires_at, &json!(session), can_refresh, now))
}

fn answer(
    state: &str,
    expires_at: Option<Timestamp>,
    session: &Value,
    can_refresh: bool,
    now: Timestamp,
) -> Json<Value> {
    Json(json!({
        "state": state,
        "expires_at": expires_at.map(Timestamp::to_rfc3339),
        "expires_in": expires_at.map_or(0, |at| now.seconds_until(at)),
        "needs_refresh": can_refresh && matches!(state, "expiring" | "expired"),
        "can_refresh": can_refresh,
        "server_time": now.to_rfc3339(),
        "session_id": session,
    }))
}

fn held(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Held, Problem> {
    let config = app.config();
    // A malformed Authorization header holds nothing: this endpoint answers 200 to every token.
    if headers.contains_key(http::header::AUTHORIZATION) {
        let token = bearer(headers).ok().flatten();
        return Ok(Held {
            access: token.and_then(|token| authentic(&token, app, now).ok()),
            ..Held::default()
        });
    }
    let access = config.cookies.read(headers, CookieKind::Access)?;
    let refresh = config.cookies.read(headers, CookieKind::Refresh)?;
    Ok(Held {
        access: access.and_then(|token| authentic(&token, app, now).ok()),
        refresh: refresh.and_then(|token| refresh::open(&token, config.keys.refresh()).ok()),
        by_cookie: true,
    })
}

impl Held {
    /// The session that the client speaks of: the access token's, else the refresh token's.
    fn session(&self) -> Option<(UserId, SessionId)> {
        let access = self.access.as_ref().map(|claims| (claims.sub.clone(), claims.sid));
        access.or_else(|| self.refresh.as_ref().map(|token| (token.user.clone(), token.session)))
    }

    /// Whether the client's refresh token is one that a refresh takes, blocked or not. In header mode it
    /// stays with the client, so a live session has to do.
    fn is_refreshable(&self, row: &Session, client: &ClientContext, now: Timestamp, grace: Duration) -> bool {
        let Some(token) = &self.refresh else { return !self.by_cookie };
        let current = row.generation == token.generation;
        let repeat = row.generation == token.generation + 1 && in_grace(row, client, now, grace);
        token.session == row.id && token.nonce.hash() == row.nonce_hash && (current || repeat)
    }
}
