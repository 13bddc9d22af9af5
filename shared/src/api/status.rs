//! `GET /refresh`: the state of the client's session and tokens. It changes nothing on the server, for any token.

mod credentials;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;

use super::own_sessions::end_reason;
use crate::app::App;
use crate::domain::id::SessionId;
use crate::domain::session::binding::Binding;
use crate::domain::session::end::PublicReason;
use crate::domain::time::Timestamp;
use crate::http::device;
use crate::http::problem::Problem;

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
) -> Result<(HeaderMap, Json<StatusResponse>), Problem> {
    let now = app.now();
    let credentials = credentials::credentials(&app, &headers, now)?;
    let unchanged = |status| Ok((HeaderMap::new(), Json(status)));
    let Some((user, session)) = credentials.session() else {
        return unchanged(StatusResponse::without_token(TokenState::None, now));
    };
    let row = app.store().read_session(&user, &session, now).await?;
    let Some(row) = row.as_ref().filter(|row| row.is_live(now)) else {
        let reason = end_reason(&app, row.as_ref(), &session).await?;
        let ended = StatusResponse::without_token(TokenState::Ended, now);
        return unchanged(StatusResponse { session_id: Some(session), reason: Some(reason), ..ended });
    };
    let refreshable = credentials.is_refreshable(row, now);
    if credentials.access.is_none() && !refreshable {
        // A refresh token alone that is not this session's.
        return unchanged(StatusResponse::without_token(TokenState::None, now));
    }
    let near_expiry = app.config().lifetimes.near_expiry;
    let expires_at = credentials.access.as_ref().map(|claims| Timestamp::from_seconds(claims.exp));
    let state = match expires_at {
        Some(at) if now + near_expiry < at => TokenState::Active,
        Some(at) if now < at => TokenState::Expiring,
        _ => TokenState::Expired,
    };
    let has_way = match row.is_device_bound() {
        // The browser renews a missing cookie before this request, unless it could not or has lost its key. It cannot see that a
        // cookie does not verify.
        true => {
            expires_at.is_some()
                || credentials.has_unreadable_cookie
                || device::could_not_renew(&headers, &session)
        }
        false => row.blocked_until.is_none_or(|until| now >= until),
    };
    let can_refresh = refreshable && has_way;
    let cookies = match row.is_device_bound() && credentials.has_unreadable_cookie {
        // The browser then renews the cookie before its next request.
        true => app.config().cookies.clear_access(),
        false => HeaderMap::new(),
    };
    let status = StatusResponse {
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
    };
    Ok((cookies, Json(status)))
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
