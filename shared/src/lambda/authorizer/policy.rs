//! The Lambda authorizer: it decides for API Gateway whether a request may pass to the API behind it.
//!
//! It is an authorizer of an HTTP API with payload format 2.0 and simple responses.
//!
//! ```text
//!   client ──▶ API Gateway ──▶ any API
//!                  │  ▲
//!            event ▼  │ {"isAuthorized": true, "context": {"sub", "sid", "scope"}}
//!              authorizer       or {"isAuthorized": false}
//! ```
//!
//! [`RequireSignedIn`] makes the check, so that the authorizer and the `tower` layer accept the same requests. If the check
//! is impossible, because the store is down or the event is malformed, the function returns an error. API Gateway then
//! answers 500, so that no client takes this for the end of its session. The response does not depend on the route, because
//! API Gateway caches it for all routes. `docs/verifying.md` has the set-ups in which it may be cached.

use lambda_http::lambda_runtime::Diagnostic;
use latchkey_verifier::{Refusal, RequireSignedIn, Scope, SessionId, SignedIn, UserId};
use serde::Serialize;
use serde_json::Value;

use super::event::{GatewayRequest, MalformedEvent};

use crate::config::OnInvalid;

/// A Lambda authorizer.
#[derive(Clone, Debug)]
pub struct Authorizer {
    check: RequireSignedIn,
    on_invalid: OnInvalid,
}

/// The response to API Gateway.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerResponse {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

/// The values that the API behind the authorizer receives as `$context.authorizer`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Context {
    /// The caller, from the claims of the token.
    Caller { sub: UserId, sid: SessionId, scope: Scope },
    /// The code of the problem that our own endpoints would return for this request.
    Error { error: &'static str },
}

/// The request can be neither accepted nor refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizerError {
    /// The event is not an event of an authorizer.
    #[error(transparent)]
    Event(#[from] MalformedEvent),
    /// The session's row could not be read.
    #[error("the request cannot be checked: {0}")]
    Check(&'static str),
}

impl Authorizer {
    /// An authorizer that makes this check and denies requests that are not signed in.
    pub fn new(check: RequireSignedIn) -> Self {
        Self { check, on_invalid: OnInvalid::Deny }
    }

    /// Sets the result for requests that are not signed in.
    pub fn on_invalid(self, on_invalid: OnInvalid) -> Self {
        Self { on_invalid, ..self }
    }

    /// Checks the request of one event.
    ///
    /// # Errors
    /// The event is malformed, or the session's row could not be read.
    pub async fn authorize(&self, event: &Value) -> Result<AuthorizerResponse, AuthorizerError> {
        let request = GatewayRequest::parse(event).inspect_err(|error| {
            tracing::error!(%error, "the event is malformed");
        })?;
        match self.check.check(&request.method, &request.path, &request.headers).await {
            Ok(signed_in) => Ok(AuthorizerResponse::authorized(&signed_in)),
            Err(refusal) => refused(&refusal, &request.request_id, self.on_invalid),
        }
    }
}

impl AuthorizerResponse {
    fn authorized(signed_in: &SignedIn) -> Self {
        let claims = signed_in.claims();
        let (sub, sid, scope) = (claims.sub.clone(), claims.sid, claims.scope.clone());
        Self { is_authorized: true, context: Some(Context::Caller { sub, sid, scope }) }
    }
}

/// The response to a refusal. A fault of the server is an error instead, so that no client takes it for a refusal.
fn refused(
    refusal: &Refusal,
    request_id: &str,
    on_invalid: OnInvalid,
) -> Result<AuthorizerResponse, AuthorizerError> {
    let (code, cause) = (refusal.code().name(), refusal.cause());
    if refusal.code().status().is_server_error() {
        tracing::error!(request_id, code, cause, "a request could not be checked");
        return Err(AuthorizerError::Check(code));
    }
    tracing::info!(request_id, code, cause, "a request was refused");
    Ok(match on_invalid {
        OnInvalid::Deny => AuthorizerResponse { is_authorized: false, context: None },
        OnInvalid::Pass => {
            AuthorizerResponse { is_authorized: true, context: Some(Context::Error { error: code }) }
        }
    })
}

/// The error as Lambda reports it. `error_type` is a stable name for alarms.
impl From<AuthorizerError> for Diagnostic {
    fn from(error: AuthorizerError) -> Self {
        let error_type = match &error {
            AuthorizerError::Event(_) => "malformed_event",
            AuthorizerError::Check(code) => code,
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
