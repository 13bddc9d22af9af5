//! `GET /refresh`: the state of the client's session and tokens. It changes nothing, for any token.

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;

use http::Method;
use latchkey_verifier::{CookieKind, Scheme, authorization_token};

use super::own_sessions::end_reason;
use crate::app::App;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::session::binding::Binding;
use crate::domain::session::end::PublicReason;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::caller::ShownToken;
use crate::http::device;
use crate::http::problem::Problem;
use crate::token::access::Claims;
use crate::token::refresh;

/// The authentic tokens of a request.
#[derive(Default)]
struct Credentials {
    access: Option<Claims>,
    refresh: Option<RefreshToken>,
    by_cookie: bool,
}

/// The body of `GET /refresh`.
#[derive(Serialize)]
pub(super) struct StatusResponse {
    state: TokenState,
    /// When the access token expires, if the client has one.
    expires_at: Option<Timestamp>,
    /// Seconds until then.
    expires_in: u64,
    needs_refresh: bool,
    can_refresh: bool,
    server_time: Timestamp,
    session_id: Option<SessionId>,
    /// How the session is bound to a key, while it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<Binding>,
    /// Why the session ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<PublicReason>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum TokenState {
    Active,
    Expiring,
    Expired,
    Ended,
    None,
}

pub(super) async fn status(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<StatusResponse>, Problem> {
    let now = app.now();
    let credentials = credentials(&app, &headers, now)?;
    let Some((user, session)) = credentials.session() else {
        return Ok(Json(StatusResponse::without_token(TokenState::None, now)));
    };
    let row = app.store().read_session(&user, &session, now).await?;
    let Some(row) = row.as_ref().filter(|row| row.is_live(now)) else {
        let reason = end_reason(&app, row.as_ref(), &session).await?;
        let ended = StatusResponse::without_token(TokenState::Ended, now);
        return Ok(Json(StatusResponse { session_id: Some(session), reason: Some(reason), ..ended }));
    };
    let refreshable = credentials.is_refreshable(row, now);
    if credentials.access.is_none() && !refreshable {
        // A refresh token alone that is not this session's.
        return Ok(Json(StatusResponse::without_token(TokenState::None, now)));
    }
    let near_expiry = app.config().lifetimes.near_expiry;
    let expires_at = credentials.access.map(|claims| Timestamp::from_seconds(claims.exp));
    let state = match expires_at {
        Some(at) if now + near_expiry < at => TokenState::Active,
        Some(at) if now < at => TokenState::Expiring,
        _ => TokenState::Expired,
    };
    let has_way = match row.is_device_bound() {
        // The browser renews the cookie before this request, unless it could not or has lost its key.
        true => expires_at.is_some() || device::could_not_renew(&headers, &session),
        false => row.blocked_until.is_none_or(|until| now >= until),
    };
    let can_refresh = refreshable && has_way;
    Ok(Json(StatusResponse {
        state,
        expires_at,
        expires_in: expires_at.map_or(0, |at| now.seconds_until(at)),
        // The browser itself renews the access cookie of a session with a device key.
        needs_refresh: can_refresh
            && !row.is_device_bound()
            && matches!(state, TokenState::Expiring | TokenState::Expired),
        can_refresh,
        server_time: now,
        session_id: Some(session),
        binding: Some(row.binding()),
        reason: None,
    }))
}

impl StatusResponse {
    fn without_token(state: TokenState, now: Timestamp) -> Self {
        Self {
            state,
            expires_at: None,
            expires_in: 0,
            needs_refresh: false,
            can_refresh: false,
            server_time: now,
            session_id: None,
            binding: None,
            reason: None,
        }
    }
}

fn credentials(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Credentials, Problem> {
    let config = app.config();
    let of_header = |access| Ok(Credentials { access, ..Credentials::default() });
    let claims = |scheme, token: &str| {
        let shown = ShownToken { scheme, token, method: &Method::GET, path: "/api/auth/refresh", headers };
        shown.authentic_claims(app, now).ok()
    };
    match authorization_token(headers) {
        Ok(Some((scheme, token))) => return of_header(claims(scheme, &token)),
        // A malformed token counts as none, because this endpoint answers 200 for every token.
        Err(_) => return of_header(None),
        Ok(None) => {}
    }
    let access = config.cookies.policy.read(headers, CookieKind::Access)?;
    let refresh = config.cookies.policy.read(headers, CookieKind::Refresh)?;
    let mut access = access.and_then(|token| claims(Scheme::Bearer, &token));
    let refresh = refresh.and_then(|token| refresh::open(&token, config.keys.refresh()).ok());
    // A host of `COOKIE_DOMAIN` can replace the access cookie, but not the refresh cookie. The status of another session would
    // make the client end its own.
    if config.cookies.policy.domain.is_some()
        && let Some(token) = &refresh
    {
        access = access.filter(|claims| claims.sid == token.session);
    }
    Ok(Credentials { access, refresh, by_cookie: true })
}

impl Credentials {
    /// The session of the access token, else the session of the refresh token.
    fn session(&self) -> Option<(UserId, SessionId)> {
        let access = self.access.as_ref().map(|claims| (claims.sub.clone(), claims.sid));
        access.or_else(|| self.refresh.as_ref().map(|token| (token.user.clone(), token.session)))
    }

    /// Whether the client has an unexpired refresh token of this session, blocked or not. In header mode the refresh token
    /// is not part of this request, so that a live session is enough.
    ///
    /// The generation and the device do not count. Otherwise a thief could poll the status without a trace, and would
    /// see the moment at which the owner's refresh supersedes the stolen token.
    fn is_refreshable(&self, row: &Session, now: Timestamp) -> bool {
        let Some(token) = &self.refresh else { return !self.by_cookie };
        token.session == row.id && token.nonce.hash() == row.nonce_hash && !token.is_expired(now)
    }
}
