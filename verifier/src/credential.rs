//! Which access token does a request carry? The one in `Authorization: Bearer`, else the one in the access cookie.
//!
//! A header that is not valid is refused even if a valid cookie comes with it: two credentials could be two users.

use std::fmt;

use http::{HeaderMap, Method, header};

use crate::cookies::{CookieKind, CookiePolicy};
use crate::refusal::{Refusal, RefusalCode};

/// The access token of a request. Nothing is verified yet.
#[derive(Clone)]
pub struct Credential {
    /// The token.
    pub token: String,
    /// How the token was sent.
    pub transport: Transport,
}

/// How a token was sent, which decides how the next one is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In a header or a body, where only a program that has the token can put it.
    Explicit,
    /// In a cookie, which browsers attach to the requests of every page.
    Cookie,
}

impl Credential {
    /// The access token of a request with these headers.
    ///
    /// # Errors
    /// - `token_missing`: the request has none
    /// - `token_expired`: it has a refresh cookie alone, so the client should refresh, not sign in
    /// - `invalid_token`: `Authorization` has another scheme, or the request has it twice
    /// - `invalid_request`: it has two cookies of one name
    /// - `csrf_rejected`: a cookie came with an unsafe method from a page of another origin
    pub fn from_request(
        method: &Method,
        headers: &HeaderMap,
        cookies: &CookiePolicy,
    ) -> Result<Self, Refusal> {
        if let Some(token) = bearer_token(headers)? {
            return Ok(Self { token, transport: Transport::Explicit });
        }
        let token = access_cookie(headers, cookies)?;
        if !method.is_safe() {
            cookies.check_unsafe(headers)?;
        }
        Ok(Self { token, transport: Transport::Cookie })
    }
}

/// Without the token, because a reader of a log must not be able to use it.
impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credential").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// The token of `Authorization: Bearer`, if the request has that header.
///
/// # Errors
/// `invalid_token`: another scheme, or more than one header. API Gateway joins two headers with a comma.
pub fn bearer_token(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let scheme_and_token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = scheme_and_token.map(|(_, token)| token.trim()).filter(|token| !token.contains([',', ' ']));
    match (token, values.next()) {
        (Some(token), None) => Ok(Some(token.to_owned())),
        _ => Err(Refusal::of(RefusalCode::InvalidToken)),
    }
}

fn access_cookie(headers: &HeaderMap, cookies: &CookiePolicy) -> Result<String, Refusal> {
    if let Some(token) = cookies.read(headers, CookieKind::Access)? {
        return Ok(token);
    }
    let can_refresh = cookies.read(headers, CookieKind::Refresh)?.is_some();
    let code = if can_refresh { RefusalCode::TokenExpired } else { RefusalCode::TokenMissing };
    Err(Refusal::of(code))
}
