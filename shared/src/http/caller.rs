//! Who is calling? One credential a call: `Authorization`, else the cookie; nothing falls back.
//!
//! A [`Caller`] has a good access token. Whether its session still lives, every endpoint learns from the
//! read that it makes anyway.

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

/// A caller with a good access token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// What the token says the caller may do; the row has the last word.
    pub scope: Scope,
    /// How the token came.
    pub transport: Transport,
    /// When the token was taken for good: the request's `now`.
    pub now: Timestamp,
}

/// How a credential came, and so how the answer carries the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In `Authorization` or the body: no browser attaches it by itself.
    Explicit,
    /// In a cookie, which browsers attach to anyone's request.
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

/// The one access token of a request, unverified, and how it came.
///
/// # Errors
/// There is none, or more than one of a kind; or a cookie came with an unsafe method from a page that is
/// not ours.
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
/// Expired, or not valid.
pub fn verify(token: &str, app: &App, now: Timestamp) -> Result<access::Claims, access::AccessTokenError> {
    let config = app.config();
    access::verify(token, config.keys.verifying(), &config.issuer, &config.audience, now)
}

/// As [`verify`], for a token that may have expired: only to tell its holder how it stands.
///
/// # Errors
/// Not valid.
pub fn authentic(token: &str, app: &App, now: Timestamp) -> Result<access::Claims, access::AccessTokenError> {
    let config = app.config();
    access::verify_authentic(token, config.keys.verifying(), &config.issuer, &config.audience, now)
}

/// The token of `Authorization: Bearer`, if that header was sent.
///
/// # Errors
/// Another scheme, or more than one header: API Gateway joins them with a comma.
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

/// The access cookie. With a refresh cookie and no access cookie the answer is `token_expired`: the
/// client should refresh, not sign in.
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
