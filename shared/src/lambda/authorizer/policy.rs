//! May this request pass to the API behind? A Lambda authorizer of an HTTP API: payload 2.0, simple response.
//!
//! ```text
//!   client ──▶ API Gateway ──▶ any API
//!                  │  ▲
//!            event ▼  │ {"isAuthorized": true, "context": {"sub", "sid", "scope"}}
//!              authorizer       a refusal is {"isAuthorized": false} and tells nothing more
//! ```
//!
//! The check is [`RequireSignedIn`]'s, so the authorizer and the `tower` layer cannot drift. What cannot be told,
//! since the store is down or the event is no event, is an error of the function: the gateway answers 500, and
//! no client drops its session for it. The answer does not depend on the route.

use lambda_http::lambda_runtime::Diagnostic;
use latchkey_verifier::{Refusal, RequireSignedIn, Scope, SessionId, SignedIn, UserId};
use serde::Serialize;
use serde_json::Value;

use super::event::{Asked, MalformedEvent};

use crate::config::OnInvalid;

/// The authorizer.
#[derive(Clone, Debug)]
pub struct Authorizer {
    check: RequireSignedIn,
    on_invalid: OnInvalid,
}

/// What the gateway is told.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

/// What the API behind learns, as `$context.authorizer`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Context {
    /// Of its caller.
    Caller { sub: UserId, sid: SessionId, scope: Scope },
    /// Why there is none: the code that our own endpoints would have answered.
    Error { error: &'static str },
}

/// Neither yes nor no.
#[derive(Debug, thiserror::Error)]
pub enum CannotTell {
    /// What came is no event of an authorizer.
    #[error(transparent)]
    Event(#[from] MalformedEvent),
    /// The session's row could not be read.
    #[error("the request cannot be checked: {0}")]
    Check(&'static str),
}

impl Authorizer {
    /// An authorizer that checks so, and denies whoever is not signed in.
    pub fn new(check: RequireSignedIn) -> Self {
        Self { check, on_invalid: OnInvalid::Deny }
    }

    /// Does this with whoever is not signed in.
    pub fn on_invalid(self, on_invalid: OnInvalid) -> Self {
        Self { on_invalid, ..self }
    }

    /// Answers one event.
    ///
    /// # Errors
    /// The event is malformed, or the store cannot say.
    pub async fn answer(&self, event: &Value) -> Result<Answer, CannotTell> {
        let asked = Asked::parse(event).inspect_err(|error| {
            tracing::error!(%error, "an event could not be read");
        })?;
        match self.check.check(&asked.method, &asked.headers).await {
            Ok(signed_in) => Ok(Answer::authorized(&signed_in)),
            Err(refusal) => refused(&refusal, &asked.request_id, self.on_invalid),
        }
    }
}

impl Answer {
    fn authorized(signed_in: &SignedIn) -> Self {
        let claims = signed_in.claims();
        let (sub, sid, scope) = (claims.sub.clone(), claims.sid, claims.scope.clone());
        Self { is_authorized: true, context: Some(Context::Caller { sub, sid, scope }) }
    }
}

/// A fault of ours is no refusal: a client must not take it for one.
fn refused(refusal: &Refusal, request_id: &str, on_invalid: OnInvalid) -> Result<Answer, CannotTell> {
    let (code, cause) = (refusal.code().name(), refusal.cause());
    if refusal.code().status().is_server_error() {
        tracing::error!(request_id, code, cause, "a request could not be checked");
        return Err(CannotTell::Check(code));
    }
    tracing::info!(request_id, code, cause, "a request was refused");
    Ok(match on_invalid {
        OnInvalid::Deny => Answer { is_authorized: false, context: None },
        OnInvalid::Pass => Answer { is_authorized: true, context: Some(Context::Error { error: code }) },
    })
}

/// The error's name, by which an alarm can tell them apart.
impl From<CannotTell> for Diagnostic {
    fn from(error: CannotTell) -> Self {
        let error_type = match &error {
            CannotTell::Event(_) => "malformed_event",
            CannotTell::Check(code) => code,
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
