//! Strategy `current`: sign out with whatever the client still has. An expired access token must keep
//! nobody signed in, and a session that is gone already is a success.

use http::HeaderMap;
use http::request::Parts;

use super::super::revoke_response::RevokeResponse;
use super::client;
use crate::app::App;
use crate::app::forged_token::report_forged_token;
use crate::app::sign_out::{RevokeCommand, can_end, end_one};
use crate::domain::client_context::ClientContext;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::nonce::NonceHash;
use crate::domain::time::Timestamp;
use crate::http::caller::{bearer, verify};
use crate::http::cookie::CookieKind;
use crate::http::problem::{Code, Problem};
use crate::token::refresh;

/// A session that an authentic token names; a refresh token also proves its nonce.
pub(super) struct Named {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) nonce: Option<NonceHash>,
}

pub(super) async fn end(
    app: &App,
    parts: &mut Parts,
    body_token: Option<&str>,
) -> Result<RevokeResponse, Problem> {
    let now = app.now();
    let named = named_session(app, &parts.headers, body_token, now)?;
    let client = client(parts, app).await;
    end_named(app, &named, &client, now).await?.ok_or_else(|| {
        Problem::of(Code::InvalidToken).because("our seal with a wrong nonce: a key has leaked")
    })
}

/// Ends a session that a token names; `None` when the token is not of that session.
pub(super) async fn end_named(
    app: &App,
    named: &Named,
    client: &ClientContext,
    now: Timestamp,
) -> Result<Option<RevokeResponse>, Problem> {
    let row = app.store().session(&named.user, &named.session, now).await?;
    let row = row.filter(|row| can_end(row, now));
    let ours = |hash: NonceHash| row.as_ref().is_none_or(|row| row.nonce_hash == hash);
    if !named.nonce.is_none_or(ours) {
        report_forged_token(app, &named.user, named.session, client.ip).await;
        return Ok(None);
    }
    let Some(row) = row else {
        return Ok(Some(RevokeResponse::new(app, vec![], now)));
    };
    let order = RevokeCommand::of_user(row.id, client, now);
    let end = order.end(&row);
    let ended = end_one(app, &end, &order.events(app, &row.user, 1)).await?;
    Ok(Some(RevokeResponse::new(app, if ended { vec![end] } else { vec![] }, now)))
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
    let (access, refresh) =
        (cookies.read(headers, CookieKind::Access)?, cookies.read(headers, CookieKind::Refresh)?);
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

pub(super) fn named_by_access(app: &App, token: &str, now: Timestamp) -> Result<Named, Problem> {
    let claims = verify(token, app, now)?;
    Ok(Named { user: claims.sub, session: claims.sid, nonce: None })
}

pub(super) fn named_by_refresh(app: &App, token: &str) -> Result<Named, Problem> {
    let token = refresh::open(token, app.config().keys.refresh());
    let token = token.map_err(|error| Problem::of(Code::InvalidToken).because(error))?;
    Ok(Named { nonce: Some(token.nonce.hash()), user: token.user, session: token.session })
}

/// Takes our cookies away from a client that sent any.
pub(super) fn clear_cookies(app: &App, headers: &HeaderMap) -> HeaderMap {
    let cookies = &app.config().cookies;
    let sent = |which| !matches!(cookies.read(headers, which), Ok(None));
    if sent(CookieKind::Access) || sent(CookieKind::Refresh) { cookies.clear() } else { HeaderMap::new() }
}
