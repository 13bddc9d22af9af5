//! The tokens with which a request asks for its status.

use http::{HeaderMap, Method};
use latchkey_verifier::{CookieKind, Scheme, authorization_token};

use crate::app::App;
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;
use crate::http::caller::ShownToken;
use crate::http::problem::Problem;
use crate::token::access::Claims;
use crate::token::refresh;

/// The authentic tokens of a request.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) access: Option<Claims>,
    /// Whether the request has an access cookie that does not verify, for example because its key was removed.
    pub(super) has_unreadable_cookie: bool,
    refresh: Option<RefreshToken>,
    by_cookie: bool,
}

/// Reads the tokens of a request. One that does not verify counts as none, because the status is 200 for every token.
///
/// # Errors
/// 400: two cookies have one name.
pub(super) fn credentials(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Credentials, Problem> {
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
    let is_sent = access.is_some();
    let mut access = access.and_then(|token| claims(Scheme::Bearer, &token));
    let has_unreadable_cookie = is_sent && access.is_none();
    let refresh = refresh.and_then(|token| refresh::open(&token, config.keys.refresh()).ok());
    // A host of `COOKIE_DOMAIN` can replace the access cookie, but not the refresh cookie. The status of another session would
    // make the client end its own.
    if config.cookies.policy.domain.is_some()
        && let Some(token) = &refresh
    {
        access = access.filter(|claims| claims.sid == token.session);
    }
    Ok(Credentials { access, has_unreadable_cookie, refresh, by_cookie: true })
}

impl Credentials {
    /// The session of the access token, else the session of the refresh token.
    pub(super) fn session(&self) -> Option<(UserId, SessionId)> {
        let access = self.access.as_ref().map(|claims| (claims.sub.clone(), claims.sid));
        access.or_else(|| self.refresh.as_ref().map(|token| (token.user.clone(), token.session)))
    }

    /// Whether the client has an unexpired refresh token of this session, blocked or not. In header mode the refresh token
    /// is not part of this request, so that a live session is enough.
    ///
    /// The generation and the device do not count. Otherwise a thief could poll the status without a trace, and would
    /// see the moment at which the owner's refresh supersedes the stolen token.
    pub(super) fn is_refreshable(&self, row: &Session, now: Timestamp) -> bool {
        let Some(token) = &self.refresh else { return !self.by_cookie };
        token.session == row.id && token.nonce.hash() == row.nonce_hash && !token.is_expired(now)
    }
}
