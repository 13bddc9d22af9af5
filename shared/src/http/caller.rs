//! The caller of a request, from its access token: `Authorization`, else the cookie.
//!
//! A request has one credential. A wrong `Authorization` header never falls back to the cookie. A [`Caller`] has a
//! valid access token; each endpoint checks with its own read that the session is still live.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::cookie::CookieKind;
use super::problem::{Code, Problem};
use crate::app::App;
use crate::config::Cookies;
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::token::access;

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

/// How a credential was sent. The response carries new tokens in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In `Authorization` or in the body: no browser adds it by itself.
    Explicit,
    /// In a cookie, which browsers also add to requests of other sites.
    Cookie,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (token, transport) = credential(&parts.method, &parts.headers, &app.config().cookies)?;
        let now = app.now();
        let claims = verify(&token, app, now)?;
        Ok(Self { user: claims.sub, session: claims.sid, scope: claims.scope, transport, now })
    }
}

/// The access token of a request, not yet verified, and how it was sent.
///
/// # Errors
/// `token_missing`, `token_expired` (only a refresh cookie was sent), `invalid_token` (more than one Bearer token),
/// or `csrf_rejected` (a cookie with an unsafe method from a page of another site).
pub(super) fn credential(
    method: &Method,
    headers: &HeaderMap,
    cookies: &Cookies,
) -> Result<(String, Transport), Problem> {
    if let Some(token) = bearer(headers)? {
        return Ok((token, Transport::Explicit));
    }
    let token = access_cookie(headers, cookies)?;
    if !method.is_safe() {
        cookies.check_unsafe(headers)?;
    }
    Ok((token, Transport::Cookie))
}

/// Verifies an access token against our own keys, issuer and audience.
///
/// # Errors
/// The token is expired or invalid.
pub fn verify(token: &str, app: &App, now: Timestamp) -> Result<access::Claims, access::AccessTokenError> {
    let config = app.config();
    access::verify(token, config.keys.verifying(), &config.issuer, &config.audience, now)
}

/// Like [`verify`], but accepts an expired token. Only for reporting a token's state to its holder.
///
/// # Errors
/// The token is invalid.
pub fn authentic(token: &str, app: &App, now: Timestamp) -> Result<access::Claims, access::AccessTokenError> {
    let config = app.config();
    access::verify_authentic(token, config.keys.verifying(), &config.issuer, &config.audience, now)
}

/// The token of `Authorization: Bearer`, if that header was sent.
///
/// # Errors
/// `invalid_token` for another scheme, and for more than one header, which API Gateway joins with a comma.
pub fn bearer(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let scheme_and_token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = scheme_and_token.map(|(_, token)| token.trim()).filter(|token| !token.contains([',', ' ']));
    match (token, values.next()) {
        (Some(token), None) => Ok(Some(token.to_owned())),
        _ => Err(Problem::of(Code::InvalidToken)),
    }
}

/// The access cookie. With a refresh cookie and without an access cookie the error is `token_expired`, so that the
/// client refreshes instead of asking the user to sign in.
fn access_cookie(headers: &HeaderMap, cookies: &Cookies) -> Result<String, Problem> {
    if let Some(token) = cookies.read(headers, CookieKind::Access)? {
        return Ok(token);
    }
    let code = match cookies.read(headers, CookieKind::Refresh)? {
        Some(_) => Code::TokenExpired,
        None => Code::TokenMissing,
    };
    Err(Problem::of(code))
}
