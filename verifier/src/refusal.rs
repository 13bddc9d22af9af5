//! Why is a request refused, and what does the client receive?
//!
//! Each refusal has a stable `code`, a public sentence and, apart from that, a private cause for the log.
//!
//! | code | status | when |
//! |---|---|---|
//! | `token_missing` | 401 | the request has no access token |
//! | `invalid_token` | 401 | the token is not one of this issuer for this audience, or there are two |
//! | `token_expired` | 401 | the token has expired, or there is a refresh cookie alone |
//! | `session_ended` | 401 | strict check or revocation feed: the session has ended |
//! | `device_proof_required` | 401 | the token is bound to a key, and it came without a proof: as Bearer, in a cookie, or without `DPoP` |
//! | `invalid_dpop_proof` | 401 | the proof in the header `DPoP` is wrong, for another request, or by another key than the token's |
//! | `invalid_request` | 400 | two cookies have the same name |
//! | `csrf_rejected` | 403 | a cookie with an unsafe method from a page of another origin |
//! | `forbidden` | 403 | the token lacks a scope word |
//! | `store_unavailable` | 503 | the token or the session cannot be checked now; the user stays signed in |
//! | `internal` | 500 | a fault of the service |
//!
//! *Source*: RFC 9457, RFC 6750 section 3, RFC 9449 section 7.1.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::request_id::RequestId;
use crate::scheme::Scheme;
use crate::scope::Scope;

mod from_errors;

/// When a client may try again after a 503, in seconds, if the cause does not say.
pub const RETRY_AFTER_SECONDS: u64 = 2;

/// The stable name of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table of the module explains each")]
pub enum RefusalCode {
    InvalidRequest,
    TokenMissing,
    InvalidToken,
    TokenExpired,
    SessionEnded,
    DeviceProofRequired,
    InvalidDpopProof,
    Forbidden,
    CsrfRejected,
    StoreUnavailable,
    Internal,
}

impl RefusalCode {
    /// The name in a body (`code`).
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.facts().0
    }

    /// The sentence for people (`title`).
    pub const fn title(self) -> &'static str {
        self.facts().2
    }

    /// The value of `WWW-Authenticate`, which every 401 carries.
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::TokenMissing => Some("Bearer"),
            Self::InvalidToken | Self::TokenExpired | Self::SessionEnded => {
                Some("Bearer error=\"invalid_token\"")
            }
            Self::DeviceProofRequired => Some("DPoP error=\"invalid_token\", algs=\"ES256\""),
            Self::InvalidDpopProof => Some("DPoP error=\"invalid_dpop_proof\", algs=\"ES256\""),
            _ => None,
        }
    }

    const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid_request", "Invalid request"),
            Self::TokenMissing => (StatusCode::UNAUTHORIZED, "token_missing", "Missing token"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "Invalid token"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired", "Access token expired"),
            Self::SessionEnded => (StatusCode::UNAUTHORIZED, "session_ended", "Session ended"),
            Self::DeviceProofRequired => {
                (StatusCode::UNAUTHORIZED, "device_proof_required", "Proof of the device key required")
            }
            Self::InvalidDpopProof => (StatusCode::UNAUTHORIZED, "invalid_dpop_proof", "Invalid DPoP proof"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Insufficient scope"),
            Self::CsrfRejected => {
                (StatusCode::FORBIDDEN, "csrf_rejected", "Cookie sent by a page of another site")
            }
            Self::StoreUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "Store unavailable")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal server error"),
        }
    }
}

/// A request that is refused. Boxed, because every result that may be one has room for it.
#[derive(Clone, Debug)]
pub struct Refusal(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    code: RefusalCode,
    detail: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    headers: HeaderMap,
    cause: Option<String>,
}

impl Refusal {
    /// A refusal with this code.
    pub fn of(code: RefusalCode) -> Self {
        let (detail, members, headers) = (None, Map::new(), HeaderMap::new());
        let refusal = Self(Box::new(Parts { code, detail, members, headers, cause: None }));
        let refusal = match code.challenge() {
            Some(challenge) => refusal.header(header::WWW_AUTHENTICATE, challenge),
            None => refusal,
        };
        match code {
            RefusalCode::CsrfRejected => refusal.detail(
                "a cookie is accepted only from a page of this origin (Sec-Fetch-Site: same-origin) or of an \
                 allowed Origin",
            ),
            RefusalCode::StoreUnavailable => refusal.retry_after(RETRY_AFTER_SECONDS),
            _ => refusal,
        }
    }

    /// A field of the request that is wrong, and in what way.
    pub(crate) fn field(field: &'static str, wrong: &str) -> Self {
        let mut refusal = Self::of(RefusalCode::InvalidRequest).detail(format!("{field}: {wrong}"));
        refusal.0.members.insert("field".into(), field.into());
        refusal
    }

    /// The caller is known, and the token lacks a scope word.
    ///
    /// *Source*: RFC 6750 section 3.1.
    pub fn insufficient_scope(word: &str) -> Self {
        // A text that is not a scope word could break out of its quotes.
        let word = Scope::of([word]);
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{word}\"");
        Self::of(RefusalCode::Forbidden)
            .header(header::WWW_AUTHENTICATE, &challenge)
            .detail(format!("requires the scope {word}"))
    }

    /// Writes the challenge for a service that accepts tokens that are bound to a key. It names the scheme of the
    /// request's token first.
    ///
    /// *Source*: RFC 9449 section 7.1.
    pub(crate) fn with_dpop_challenge(self, scheme: Scheme) -> Self {
        let Some(own) = self.0.headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok())
        else {
            return self;
        };
        let challenge = match (scheme, own.strip_prefix("Bearer")) {
            (Scheme::Dpop, Some("")) => "DPoP algs=\"ES256\"".to_owned(),
            (Scheme::Dpop, Some(error)) => format!("DPoP{error}, algs=\"ES256\""),
            (Scheme::Bearer, Some(_)) => format!("{own}, DPoP algs=\"ES256\""),
            (_, None) => return self,
        };
        self.header(header::WWW_AUTHENTICATE, &challenge)
    }

    /// Adds the cause, for the log alone.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// The code.
    pub fn code(&self) -> RefusalCode {
        self.0.code
    }

    /// The cause, for the log alone.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The sentence for people, if it is not the code's title.
    pub fn specific_detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The members of the body that only this refusal has: `field` or `retry_after`.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0.members
    }

    /// The headers that only this refusal has: `WWW-Authenticate` or `Retry-After`.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body: `application/problem+json`.
    pub fn body(&self, request_id: &RequestId) -> String {
        let (status, name, title) = self.0.code.facts();
        let mut body = self.0.members.clone();
        let kind = format!("https://latchkey.dev/problems/{}", name.replace('_', "-"));
        body.insert("type".into(), kind.into());
        body.insert("title".into(), title.into());
        body.insert("status".into(), status.as_u16().into());
        body.insert("code".into(), name.into());
        body.insert("detail".into(), self.specific_detail().unwrap_or(title).into());
        body.insert("request_id".into(), request_id.as_str().into());
        Value::Object(body).to_string()
    }

    /// The whole response. The body type is the service's own, for example axum's `Body` or `Full<Bytes>`.
    pub fn to_response<B: From<String>>(&self, request_id: &RequestId) -> Response<B> {
        let mut response = Response::new(self.body(request_id).into());
        self.write_head(&mut response, request_id);
        // `RequireSignedIn` finds it here, logs it and writes it anew under the request's own id.
        response.extensions_mut().insert(self.clone());
        response
    }

    /// Status and headers of the response.
    pub(crate) fn write_head<B>(&self, response: &mut Response<B>, request_id: &RequestId) {
        *response.status_mut() = self.0.code.status();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
            headers.insert("x-request-id", id);
        }
        headers.extend(self.0.headers.clone());
    }

    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.0.members.insert("retry_after".into(), seconds.into());
        self.header(header::RETRY_AFTER, &seconds.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.specific_detail().unwrap_or(self.0.code.title()))
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_stays_within_its_quotes() {
        let challenge = |word| Refusal::insufficient_scope(word).headers()[header::WWW_AUTHENTICATE].clone();
        assert_eq!(challenge("orders:read"), "Bearer error=\"insufficient_scope\", scope=\"orders:read\"");
        for odd in ["x\", realm=\"y", "a b", "a\\", "", "x\r\ny"] {
            assert_eq!(challenge(odd), "Bearer error=\"insufficient_scope\", scope=\"\"", "{odd:?}");
        }
    }
}
