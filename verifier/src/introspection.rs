//! A strict check without a database: `POST /introspect`, with the token itself as the credential (RFC 7662).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use serde::Deserialize;

use crate::access_token::Claims;
use crate::fetch::{Fetch, FetchError, FetchLimits};
use crate::id::{SessionId, UserId};
use crate::issuer_url::{IssuerUrlError, below_issuer};
use crate::scope::Scope;
use crate::session_check::{SessionCheck, SessionCheckError, SessionCheckFuture};

/// The server answers within 3 seconds, or with 503.
const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_secs(3), max_bytes: 16 * 1024 };

/// Asks the issuer for each request whether the session is still live.
///
/// An ended session is refused at once. Every check costs one call to the issuer and one read of its database.
///
/// `{"active":false}` has no reason (RFC 7662 section 2.2): the session may have ended, but the issuer may also not know
/// the token's key or audience yet, for example during a key rotation. The refusal is therefore `token_expired`, so that
/// the client refreshes, and the response to the refresh shows whether the session has ended.
#[derive(Clone)]
pub struct Introspection {
    url: Uri,
    fetch: Arc<dyn Fetch>,
}

/// Why the answer of the issuer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectionError {
    /// There was no answer.
    #[error("POST /introspect failed: {0}")]
    Fetch(#[source] FetchError),
    /// The answer had another status than 200.
    #[error("POST /introspect answered with status {0}")]
    Status(StatusCode),
    /// The answer is not one of RFC 7662.
    #[error("the answer of POST /introspect is malformed")]
    Malformed(#[source] serde_json::Error),
    /// The answer names another session than the token.
    #[error("the answer of POST /introspect is about another session")]
    OtherSession,
}

/// The members of an answer that are read. An active token has `sub` and `sid`.
#[derive(Deserialize)]
struct Answer {
    active: bool,
    sub: Option<UserId>,
    sid: Option<SessionId>,
    /// An empty scope may be left out.
    #[serde(default)]
    scope: Scope,
}

impl Introspection {
    /// Asks `<issuer>/introspect`.
    ///
    /// # Errors
    /// The issuer is not an https URL; http is accepted for loopback only.
    pub fn new(issuer: &str, fetch: Arc<dyn Fetch>) -> Result<Self, IssuerUrlError> {
        Ok(Self { url: below_issuer(issuer, "introspect")?, fetch })
    }

    async fn ask(&self, token: &str, claims: &Claims) -> Result<Scope, SessionCheckError> {
        let request = self.request(token)?;
        let answer = self.fetch.fetch(request, LIMITS).await;
        let answer = answer.map_err(|error| unavailable(IntrospectionError::Fetch(error)))?;
        if answer.status() != StatusCode::OK {
            let cause = IntrospectionError::Status(answer.status()).into();
            return Err(SessionCheckError::Unavailable { retry_after: retry_after(answer.headers()), cause });
        }
        let parsed = serde_json::from_slice(answer.body());
        let answer: Answer = parsed.map_err(|error| unavailable(IntrospectionError::Malformed(error)))?;
        match answer {
            Answer { active: true, sub: Some(sub), sid: Some(sid), scope }
                if sub == claims.sub && sid == claims.sid =>
            {
                Ok(scope)
            }
            Answer { active: true, .. } => Err(unavailable(IntrospectionError::OtherSession)),
            Answer { active: false, .. } => Err(SessionCheckError::TokenExpired),
        }
    }

    fn request(&self, token: &str) -> Result<Request<Bytes>, SessionCheckError> {
        let credential = HeaderValue::try_from(format!("Bearer {token}"));
        let mut credential = credential.map_err(|error| SessionCheckError::Malformed(error.into()))?;
        credential.set_sensitive(true);
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
        let mut request = Request::new(Bytes::from(form));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, credential);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        Ok(request)
    }
}

impl SessionCheck for Introspection {
    fn check<'c>(&'c self, token: &'c str, claims: &'c Claims, _: SystemTime) -> SessionCheckFuture<'c> {
        Box::pin(self.ask(token, claims))
    }
}

fn unavailable(cause: IntrospectionError) -> SessionCheckError {
    SessionCheckError::Unavailable { retry_after: None, cause: cause.into() }
}

/// The seconds of `Retry-After`, if it has seconds and fewer than a million.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let is_number = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

impl std::fmt::Debug for Introspection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Introspection").field("url", &self.url).finish_non_exhaustive()
    }
}
