//! `POST /revoke`: end this session, one, the others, or all. It is done when the answer says so.

use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::HeaderMap;
use http::request::Parts;
use serde::Deserialize;
use serde_json::json;

use super::own_session;
use super::sessions::{end_all_others, end_by_id};
use crate::app::App;
use crate::clock::Timestamp;
use crate::http::body;
use crate::http::caller::{Caller, bearer, verify};
use crate::http::cookie::Which as Cookie;
use crate::http::problem::{Code, Problem};
use crate::id::{SessionId, UserId};
use crate::session::end::{Actor, End, EndReason};
use crate::sign_out::{Which, can_end, end_many, end_one};
use crate::token::refresh::{self, NonceHash};

/// The routes of the revoke function.
pub fn routes() -> Router<App> {
    Router::new().route("/api/auth/revoke", post(revoke))
}

#[derive(Deserialize)]
struct RevokeRequest {
    strategy: Strategy,
    session_id: Option<String>,
    refresh_token: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    Current,
    Session,
    Others,
    All,
}

async fn revoke(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let request: RevokeRequest = body::json(&parts.headers, Body::new(body)).await?;
    match request.strategy {
        Strategy::Current => {
            let ended = end_current(&app, &parts, request.refresh_token.as_deref()).await?;
            Ok((clear_cookies(&app, &parts.headers), ended).into_response())
        }
        Strategy::Session => {
            let caller = Caller::from_request_parts(&mut parts, &app).await?;
            let id = request.session_id.ok_or_else(|| Problem::field("session_id", "is missing"))?;
            end_by_id(&app, &caller, &id).await.map(Ended::into_response)
        }
        Strategy::Others => {
            let caller = Caller::from_request_parts(&mut parts, &app).await?;
            end_all_others(&app, &caller).await.map(Ended::into_response)
        }
        Strategy::All => {
            let caller = Caller::from_request_parts(&mut parts, &app).await?;
            let ended = end_all(&app, &caller).await?;
            Ok((clear_cookies(&app, &parts.headers), ended).into_response())
        }
    }
}

async fn end_all(app: &App, caller: &Caller) -> Result<Ended, Problem> {
    let state = app.store().user(&caller.user).await?;
    own_session(app, caller, &state).await?;
    let ends = end_many(app, &caller.user, Which::All, Actor::User, state, caller.now).await?;
    Ok(Ended::new(app, ends, caller.now))
}

/// Signs out with whatever the client still has: an expired access token must keep nobody signed in.
/// A session that is gone already is a success.
async fn end_current(app: &App, parts: &Parts, body_token: Option<&str>) -> Result<Ended, Problem> {
    let now = app.now();
    let named = named_session(app, &parts.headers, body_token, now)?;
    let row = app.store().session(&named.user, &named.session).await?;
    let ours = |hash: NonceHash| row.as_ref().is_none_or(|row| row.nonce_hash == hash);
    if !named.nonce.is_none_or(ours) {
        return Err(Problem::of(Code::InvalidToken).because("our seal with a wrong nonce: a key has leaked"));
    }
    let Some(row) = row.filter(|row| can_end(row, now)) else { return Ok(Ended::new(app, vec![], now)) };
    let end = End::of(&row, EndReason::SignedOut, Actor::User, now);
    let ended = end_one(app, &end, &[]).await?;
    Ok(Ended::new(app, if ended { vec![end] } else { vec![] }, now))
}

/// A session that an authentic token names; a refresh token also proves its nonce.
struct Named {
    user: UserId,
    session: SessionId,
    nonce: Option<NonceHash>,
}

fn named_session(
    app: &App,
    headers: &HeaderMap,
    body_token: Option<&str>,
    now: Timestamp,
) -> Result<Named, Problem> {
    if let Some(token) = bearer(headers)? {
        return named_by_access(app, &token, now);
    }
    if let Some(token) = body_token {
        return named_by_refresh(app, token);
    }
    let cookies = &app.config().cookies;
    let (access, refresh) = (cookies.read(headers, Cookie::Access)?, cookies.read(headers, Cookie::Refresh)?);
    if access.is_none() && refresh.is_none() {
        return Err(Problem::of(Code::TokenMissing));
    }
    cookies.check_unsafe(headers)?;
    // The two cookies are one credential; the refresh cookie outlives the access token.
    match (refresh, access) {
        (Some(token), _) => named_by_refresh(app, &token),
        (None, access) => named_by_access(app, &access.unwrap_or_default(), now),
    }
}

fn named_by_access(app: &App, token: &str, now: Timestamp) -> Result<Named, Problem> {
    let claims = verify(token, app, now)?;
    Ok(Named { user: claims.sub, session: claims.sid, nonce: None })
}

fn named_by_refresh(app: &App, token: &str) -> Result<Named, Problem> {
    let token = refresh::open(token, app.config().keys.refresh());
    let token = token.map_err(|error| Problem::of(Code::InvalidToken).because(error))?;
    Ok(Named { nonce: Some(token.nonce.hash()), user: token.user, session: token.session })
}

/// What ended, as every ending answers it.
pub(super) struct Ended {
    ends: Vec<End>,
    access_tokens_expire_by: Timestamp,
}

impl Ended {
    pub(super) fn new(app: &App, ends: Vec<End>, now: Timestamp) -> Self {
        // A verifier that never asks us may take an access token minted in the last moment until then.
        let lifetime =
            if ends.is_empty() { std::time::Duration::ZERO } else { app.config().lifetimes.access };
        Self { ends, access_tokens_expire_by: now + lifetime }
    }
}

impl IntoResponse for Ended {
    fn into_response(self) -> Response {
        let ids: Vec<_> = self.ends.iter().map(|end| end.session).collect();
        Json(json!({
            "ended": ids.len(),
            "session_ids": ids,
            "access_tokens_expire_by": self.access_tokens_expire_by.to_rfc3339(),
        }))
        .into_response()
    }
}

/// One 404 for ids that never were, are somebody else's, or have ended.
pub(super) fn not_found() -> Problem {
    Problem::of(Code::NotFound).detail("no such session")
}

/// Takes our cookies away from a client that sent any.
fn clear_cookies(app: &App, headers: &HeaderMap) -> HeaderMap {
    let cookies = &app.config().cookies;
    let sent = |which| !matches!(cookies.read(headers, which), Ok(None));
    if sent(Cookie::Access) || sent(Cookie::Refresh) { cookies.clear() } else { HeaderMap::new() }
}
