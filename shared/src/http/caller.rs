//! The caller of a request, from its access token: `Authorization`, else the cookie.
//!
//! A request has one credential. A wrong Bearer token never falls back to the cookie. A [`Caller`] has a
//! valid access token; each endpoint checks with its own read that the session is still live.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use latchkey_verifier::{
    CookieKind, Credential, Refusal, RefusalCode, Scheme, verify_access_token, verify_expired_access_token,
};

pub use latchkey_verifier::Transport;

use super::problem::Problem;
use crate::app::App;
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::token::access::{AccessTokenError, Claims};
use crate::token::refresh;

/// A caller with a valid access token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The scope of the access token. Where the scope decides, the session's row is checked as well.
    pub scope: Scope,
    /// How the token was sent.
    pub transport: Transport,
    /// The request's `now`, at which the token was verified.
    pub now: Timestamp,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cookies = &app.config().cookies.policy;
        let credential = Credential::from_request(&parts.method, &parts.headers, cookies)?;
        // The endpoints accept no token that is bound to a key.
        if credential.scheme == Scheme::Dpop {
            return Err(Refusal::of(RefusalCode::InvalidToken).into());
        }
        let now = app.now();
        let Claims { sub: user, sid: session, scope, .. } = verify(&credential.token, app, now)?;
        if credential.transport == Transport::Cookie && is_tossed(app, &parts.headers, session)? {
            return Err(Refusal::of(RefusalCode::TokenExpired).into());
        }
        Ok(Self { user, session, scope, transport: credential.transport, now })
    }
}

/// Whether another host has replaced the access cookie, which hosts of `COOKIE_DOMAIN` can: no other host can set the
/// refresh cookie, and both cookies are of one session. The client then refreshes, which restores the access cookie.
fn is_tossed(app: &App, headers: &HeaderMap, session: SessionId) -> Result<bool, Problem> {
    let config = app.config();
    if config.cookies.policy.domain.is_none() {
        return Ok(false);
    }
    let refresh = config.cookies.policy.read(headers, CookieKind::Refresh)?;
    let token = refresh.and_then(|token| refresh::open(&token, config.keys.refresh()).ok());
    Ok(token.is_some_and(|token| token.session != session))
}

/// Verifies an access token against our own keys, issuer and audience.
///
/// # Errors
/// The token is expired or invalid.
pub fn verify(token: &str, app: &App, now: Timestamp) -> Result<Claims, AccessTokenError> {
    let config = app.config();
    verify_access_token(token, config.keys.verifying(), &config.issuer, &config.audience, now.into())
}

/// Like [`verify`], but accepts an expired token. Only for reporting a token's state to its holder, and for ending its
/// session.
///
/// # Errors
/// The token is invalid.
pub fn authentic(token: &str, app: &App, now: Timestamp) -> Result<Claims, AccessTokenError> {
    let config = app.config();
    verify_expired_access_token(token, config.keys.verifying(), &config.issuer, &config.audience, now.into())
}
