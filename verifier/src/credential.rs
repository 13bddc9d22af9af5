//! Which access token does a request carry? The one in `Authorization`, else the one in the access cookie.
//!
//! A token of `Authorization` that is not valid is refused even if a valid cookie comes with it: two credentials could be two users.
//! Another scheme is no credential of ours: a browser adds `Basic` to every request to a site behind an HTTP password.

use std::fmt;

use http::{HeaderMap, Method, header};

use crate::cookies::{CookieKind, CookiePolicy};
use crate::refusal::{Refusal, RefusalCode};
use crate::scheme::Scheme;

/// The access token of a request. Nothing is verified yet.
#[derive(Clone)]
pub struct Credential {
    /// The token.
    pub token: String,
    /// How the token was sent.
    pub transport: Transport,
    /// Whether a proof must come with the token.
    pub scheme: Scheme,
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
    /// - `invalid_token`: the token in `Authorization` is malformed, or the request has two
    /// - `invalid_request`: it has two cookies of one name
    /// - `csrf_rejected`: a cookie came with an unsafe method from a page of another origin
    pub fn from_request(
        method: &Method,
        headers: &HeaderMap,
        cookies: &CookiePolicy,
    ) -> Result<Self, Refusal> {
        if let Some((scheme, token)) = authorization_token(headers)? {
            return Ok(Self { token, transport: Transport::Explicit, scheme });
        }
        let token = access_cookie(headers, cookies)?;
        if !method.is_safe() {
            cookies.check_unsafe(headers)?;
        }
        Ok(Self { token, transport: Transport::Cookie, scheme: Scheme::Bearer })
    }
}

/// Without the token, because a reader of a log must not be able to use it.
impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credential")
            .field("transport", &self.transport)
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

/// The token of `Authorization: Bearer`, if the request has one. Another scheme, such as `Basic`, counts as none.
///
/// # Errors
/// `invalid_token`: the value is malformed, a Bearer token comes with a second value, or the scheme is `DPoP`, of which
/// the proof would have to be verified ([`authorization_token`]).
pub fn bearer_token(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    match authorization_token(headers)? {
        Some((Scheme::Bearer, token)) => Ok(Some(token)),
        Some((Scheme::Dpop, _)) => Err(Refusal::of(RefusalCode::InvalidToken)),
        None => Ok(None),
    }
}

/// The token of `Authorization: Bearer` or `Authorization: DPoP`, if the request has one. Another scheme, such as `Basic`,
/// counts as none.
///
/// # Errors
/// `invalid_token`: the value is malformed, or a token comes with a second value. API Gateway joins two headers with a
/// comma.
pub fn authorization_token(headers: &HeaderMap) -> Result<Option<(Scheme, String)>, Refusal> {
    let values = headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes().trim_ascii());
    let values: Vec<&[u8]> = values.collect();
    if values.iter().all(|value| has_other_scheme(value)) {
        return Ok(None);
    }
    let text = values.first().and_then(|value| str::from_utf8(value).ok()).unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    let token = token.trim();
    let is_token = !token.is_empty() && !token.contains([',', ' ']);
    match Scheme::parse(scheme.as_bytes()) {
        Some(scheme) if is_token && values.len() == 1 => Ok(Some((scheme, token.to_owned()))),
        _ => Err(Refusal::of(RefusalCode::InvalidToken)),
    }
}

/// Whether a value has another scheme than ours, such as `Basic YTpi`, and no part of it presents a token of ours. A
/// value without a space, for example a token without its scheme, is malformed.
fn has_other_scheme(value: &[u8]) -> bool {
    let is_of_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let scheme = value.iter().take_while(|byte| is_of_scheme(byte)).count();
    let credentials = value[scheme..].strip_prefix(b" ").map(<[u8]>::trim_ascii);
    scheme > 0 && credentials.is_some_and(|rest| !rest.is_empty()) && !presents_token(value)
}

/// Whether one of the comma-separated parts of a value has a scheme of ours. Text in quotation marks, such as the realm
/// of `Digest`, does not count.
fn presents_token(value: &[u8]) -> bool {
    let (mut unquoted, mut is_quoted, mut is_escaped) = (vec![], false, false);
    for byte in value {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            byte if !is_quoted => unquoted.push(*byte),
            _ => {}
        }
    }
    unquoted.split(|byte| *byte == b',').any(|part| {
        let scheme = part.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
        Scheme::parse(scheme).is_some()
    })
}

fn access_cookie(headers: &HeaderMap, cookies: &CookiePolicy) -> Result<String, Refusal> {
    if let Some(token) = cookies.read(headers, CookieKind::Access)? {
        return Ok(token);
    }
    let can_refresh = cookies.read(headers, CookieKind::Refresh)?.is_some();
    let code = if can_refresh { RefusalCode::TokenExpired } else { RefusalCode::TokenMissing };
    Err(Refusal::of(code))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn token(values: &[&[u8]]) -> Result<Option<String>, RefusalCode> {
        let pairs = values.iter().map(|value| HeaderValue::from_bytes(value).unwrap());
        let mut headers = HeaderMap::new();
        for value in pairs {
            headers.append(header::AUTHORIZATION, value);
        }
        bearer_token(&headers).map_err(|refusal| refusal.code())
    }

    #[test]
    fn another_scheme_is_no_credential() {
        let cases: [&[&[u8]]; 10] = [
            &[],
            &[b"Basic YTpi"],
            &[b"basic YTpi"],
            &[b"Basic YTpi", b"Basic YTpi"],
            &[b"Basic YTpi,Basic YTpi"],
            &[b"Digest username=\"a, Bearer b\", realm=\"\\\", Bearer x\""],
            &[b"Negotiate YII="],
            &[b"AWS4-HMAC-SHA256 Credential=a/b, Signature=c"],
            &[b"Token x"],
            &[b"Basic \xff"],
        ];
        for values in cases {
            assert_eq!(token(values), Ok(None), "{values:?}");
        }
    }

    #[test]
    fn one_bearer_token_counts_whatever_the_case_of_its_scheme() {
        for value in [&b"Bearer a.b.c"[..], b"bearer a.b.c", b"BEARER  a.b.c", b" Bearer a.b.c\t"] {
            assert_eq!(token(&[value]), Ok(Some("a.b.c".to_owned())), "{value:?}");
        }
    }

    #[test]
    fn a_token_with_the_scheme_dpop_is_no_bearer_token() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))])
        };
        for value in ["DPoP a.b.c", "dpop a.b.c", "DPOP  a.b.c"] {
            let found = authorization_token(&headers(value)).unwrap();
            assert_eq!(found, Some((Scheme::Dpop, "a.b.c".to_owned())), "{value}");
            let refusal = bearer_token(&headers(value)).unwrap_err();
            assert_eq!(refusal.code(), RefusalCode::InvalidToken, "{value}");
        }
        for value in ["DPoP", "DPoP a b", "DPoP a,DPoP a", "DPoP a, Bearer a", "Basic YTpi, DPoP a"] {
            assert!(authorization_token(&headers(value)).is_err(), "{value}");
        }
    }

    #[test]
    fn a_malformed_or_doubled_token_is_refused() {
        let cases: [&[&[u8]]; 18] = [
            &[b""],
            &[b"Bearer"],
            &[b"Bearer "],
            &[b"Bearer\ta"],
            &[b"Bearer a b"],
            &[b"Bearer a,b"],
            &[b"Bearer \xff\xff b"],
            &[b"Bearer a", b"Bearer a"],
            &[b"Bearer a,Bearer a"],
            &[b"Basic YTpi", b"Bearer a"],
            &[b"Bearer a", b"Basic YTpi"],
            &[b"Basic YTpi, Bearer a"],
            &[b"Basic YTpi,\tbearer"],
            &[b"DPoP a"],
            &[b"a.b.c"],
            &[b"Basic"],
            &[b"Basic "],
            &[b": a"],
        ];
        for values in cases {
            assert_eq!(token(values), Err(RefusalCode::InvalidToken), "{values:?}");
        }
    }
}
