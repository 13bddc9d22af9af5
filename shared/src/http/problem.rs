//! An error as the client receives it.
//!
//! A problem has a stable `code`, a public sentence and a private cause. The cause is logged once, where the problem
//! becomes a response, and never sent. *Source*: RFC 9457, RFC 6750 section 3, RFC 6749 section 5.2.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use latchkey_verifier::Refusal;
use latchkey_verifier::refusal::RETRY_AFTER_SECONDS;
use serde_json::{Map, Value, json};

pub use super::code::Code;
use crate::domain::session::end::PublicReason;
use crate::store::StoreError;
use crate::token::access::AccessTokenError;
use crate::token::fetch::KeysUnavailable;
use crate::token::signer::SigningFailed;

/// An error response in the making. Boxed, because every handler's result must have room for one.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    code: Code,
    /// The status, if it is not the code's: a refused proof is a 401 where an access token is presented.
    status: Option<StatusCode>,
    detail: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    headers: HeaderMap,
    cause: Option<String>,
    oauth: Option<OAuthForm>,
    /// The document for a browser, in place of the JSON.
    html: Option<String>,
    is_unsupported_grant: bool,
    is_unlogged: bool,
    is_refusal: bool,
}

/// The OAuth form that a caller sent. It decides how a token that is not accepted is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthForm {
    /// The token in the form is the grant: `invalid_grant` with status 400 (RFC 6749 section 5.2).
    Grant,
    /// The token in `Authorization` authenticates the caller: 401 with a challenge (RFC 7009, RFC 7662 section 2.3).
    Authenticated,
    /// The token in the form is an order of an identity provider. The sender is a server, so that the description names the fault
    /// (OpenID Connect Back-Channel Logout 1.0 section 2.8).
    Order,
    /// The body is a security event token. The error has the format of RFC 8935 section 2.3.
    SecurityEvent,
}

impl Problem {
    /// A problem with this code and its standard headers.
    pub fn of(code: Code) -> Self {
        let problem = Self(Box::new(Parts {
            code,
            status: None,
            detail: None,
            members: Map::new(),
            headers: HeaderMap::new(),
            cause: None,
            oauth: None,
            html: None,
            is_unsupported_grant: false,
            is_unlogged: false,
            is_refusal: false,
        }));
        match code.challenge() {
            Some(challenge) => problem.with_header(header::WWW_AUTHENTICATE, challenge),
            None if code == Code::StoreUnavailable => problem.retry_after(RETRY_AFTER_SECONDS),
            None => problem,
        }
    }

    /// `invalid_request`: names the wrong field, header or setting and what was expected.
    pub fn field(field: impl Into<String>, expected: impl std::fmt::Display) -> Self {
        let field = field.into();
        let mut problem = Self::of(Code::InvalidRequest).detail(format!("{field}: {expected}"));
        problem.0.members.insert("field".into(), field.into());
        problem
    }

    /// `invalid_request`, or `unsupported_grant_type` for callers that sent an OAuth form.
    pub fn unsupported_grant_type() -> Self {
        let mut problem = Self::field("grant_type", "expected refresh_token");
        problem.0.is_unsupported_grant = true;
        problem
    }

    /// `session_ended` with the public reason.
    pub fn session_ended(reason: PublicReason) -> Self {
        let mut problem = Self::of(Code::SessionEnded);
        problem.0.members.insert("reason".into(), json!(reason));
        problem
    }

    /// `forbidden`: the caller is authenticated and lacks a scope. *Source*: RFC 6750 section 3.1.
    pub fn insufficient_scope(word: &str) -> Self {
        Refusal::insufficient_scope(word).into()
    }

    /// `rate_limited`: the caller is over the limit `policy` for `retry_after` seconds.
    pub fn rate_limited(policy: &'static str, retry_after: u64) -> Self {
        let mut problem = Self::of(Code::RateLimited).retry_after(retry_after);
        problem.0.members.insert("policy".into(), policy.into());
        problem
    }

    /// `session_limit`: the user has `limit` live sessions, and the policy is to refuse another.
    pub fn session_limit(limit: usize) -> Self {
        let mut problem = Self::of(Code::SessionLimit);
        problem.0.members.insert("limit".into(), limit.into());
        problem
    }

    /// Sets the public sentence.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Sets the private cause, which is only logged.
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Omits the line in the log, because any number of strangers can cause it.
    pub fn without_log_line(mut self) -> Self {
        self.0.is_unlogged = true;
        self
    }

    /// Adds a header. A value that is not valid in a header is left out.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.append(name, value);
        }
        self
    }

    /// Adds a member to the body.
    pub fn with_member(mut self, name: &'static str, value: Value) -> Self {
        self.0.members.insert(name.into(), value);
        self
    }

    /// Adds headers such as `Set-Cookie`.
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.0.headers.extend(headers);
        self
    }

    /// Switches to the error format of RFC 6749 section 5.2, for callers that sent an OAuth form.
    pub fn as_oauth(mut self, form: OAuthForm) -> Self {
        self.0.oauth = Some(form);
        if form == OAuthForm::Grant {
            // The challenge belongs to a 401, and a dead grant is a 400.
            self.0.headers.remove(header::WWW_AUTHENTICATE);
        }
        if form == OAuthForm::SecurityEvent {
            return self.with_header(header::CONTENT_LANGUAGE, "en");
        }
        self
    }

    /// Sends this document instead of the JSON, for a browser that shows the response to its user.
    pub fn with_html(mut self, html: String) -> Self {
        self.0.html = Some(html);
        self
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        let status = self.0.status.unwrap_or(self.0.code.status());
        let is_grant_error = self.0.oauth == Some(OAuthForm::Grant) && status == StatusCode::UNAUTHORIZED;
        if is_grant_error { StatusCode::BAD_REQUEST } else { status }
    }

    /// Whether the fault is not the caller's.
    pub fn is_server_error(&self) -> bool {
        self.status().is_server_error()
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Counts it as a refusal, although its status is that of a fault of the server: strangers can cause it, and must not start the
    /// alarms of such faults.
    pub fn counted_as_refusal(mut self) -> Self {
        self.0.is_refusal = true;
        self
    }

    /// Whether it counts as a fault of the server.
    pub fn counts_as_failure(&self) -> bool {
        self.is_server_error() && !self.0.is_refusal
    }

    /// Whether it has a line in the log.
    pub fn is_logged(&self) -> bool {
        !self.0.is_unlogged
    }

    /// The private cause.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.0.members.insert("retry_after".into(), seconds.into());
        self.with_header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// The body. It needs the request's id, which the outermost layer has.
    pub fn body(&self, request_id: &str) -> Value {
        let (_, name, title) = self.0.code.facts();
        if self.0.oauth == Some(OAuthForm::SecurityEvent) {
            let err = self.0.members.get("err").cloned().unwrap_or_else(|| "invalid_request".into());
            let description = self.0.detail.as_deref().unwrap_or(title);
            return json!({"err": err, "description": description, "code": name, "request_id": request_id});
        }
        if let Some(form) = self.0.oauth {
            let error = self.oauth_error(form);
            let described = self.0.detail.as_deref().filter(|_| form == OAuthForm::Order);
            let description = described.unwrap_or(title);
            return json!({"error": error, "error_description": description, "code": name, "request_id": request_id});
        }
        let mut body = self.0.members.clone();
        body.insert(
            "type".into(),
            format!("https://latchkey.dev/problems/{}", name.replace('_', "-")).into(),
        );
        body.insert("title".into(), title.into());
        body.insert("status".into(), self.status().as_u16().into());
        body.insert("code".into(), name.into());
        body.insert("detail".into(), self.0.detail.as_deref().unwrap_or(title).into());
        body.insert("request_id".into(), request_id.into());
        Value::Object(body)
    }

    /// The error code of RFC 6749 section 5.2, and of RFC 6750 section 3.1 for a token that authenticates the caller.
    fn oauth_error(&self, form: OAuthForm) -> &'static str {
        match self.0.code {
            Code::InvalidRequest if self.0.is_unsupported_grant => "unsupported_grant_type",
            Code::StoreUnavailable | Code::RateLimited | Code::RefreshSuperseded => "temporarily_unavailable",
            Code::Internal => "server_error",
            // *Source*: RFC 9449 sections 5 and 8, which have no code of their own for a proof that is missing.
            Code::InvalidDpopProof | Code::DeviceProofRequired => "invalid_dpop_proof",
            Code::UseDpopNonce => "use_dpop_nonce",
            Code::Forbidden => "insufficient_scope",
            Code::TokenMissing | Code::InvalidToken | Code::TokenExpired | Code::SessionEnded => match form {
                OAuthForm::Grant => "invalid_grant",
                OAuthForm::Authenticated | OAuthForm::Order | OAuthForm::SecurityEvent => "invalid_client",
            },
            _ => "invalid_request",
        }
    }

    /// The text of the response: the document for a browser, or else [`Problem::body`].
    pub(super) fn text(&self, request_id: &str) -> String {
        self.0.html.clone().unwrap_or_else(|| self.body(request_id).to_string())
    }

    /// The media type of the response.
    pub fn content_type(&self) -> &'static str {
        match (&self.0.html, self.0.oauth) {
            (Some(_), _) => "text/html; charset=utf-8",
            (None, Some(_)) => "application/json",
            (None, None) => "application/problem+json",
        }
    }
}

/// The body is written by [`super::middleware::finish_response`], which knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Unavailable { .. } | StoreError::Contended => Code::StoreUnavailable,
            StoreError::Malformed(_) => Code::Internal,
        };
        Self::of(code).because(error)
    }
}

/// A refusal of `latchkey-verifier`, unchanged.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(Parts {
            code: refusal.code().into(),
            status: Some(refusal.code().status()),
            detail: refusal.specific_detail().map(|detail| detail.to_owned().into()),
            members: refusal.members().clone(),
            headers: refusal.headers().clone(),
            cause: refusal.cause().map(str::to_owned),
            oauth: None,
            html: None,
            is_unsupported_grant: false,
            is_unlogged: false,
            is_refusal: false,
        }))
    }
}

impl From<AccessTokenError> for Problem {
    fn from(error: AccessTokenError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<KeysUnavailable> for Problem {
    fn from(error: KeysUnavailable) -> Self {
        Refusal::from(error).into()
    }
}

impl From<SigningFailed> for Problem {
    fn from(error: SigningFailed) -> Self {
        Self::of(Code::Internal).because(error)
    }
}
