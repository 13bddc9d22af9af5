//! May this request pass to the API behind? A Lambda authorizer of an HTTP API: payload 2.0, simple response.
//!
//! ```text
//!   client ──▶ API Gateway ──▶ any API
//!                  │  ▲
//!            event ▼  │ {"isAuthorized": true, "context": {"sub", "sid", "scope"}}
//!              authorizer       a refusal is {"isAuthorized": false} and tells nothing more
//! ```
//!
//! The check is [`IsSignedIn`]'s, so the authorizer and the `tower` layer cannot drift. What cannot be told,
//! since the store is down or the event is no event, is an error of the function: the gateway answers 500, and
//! no client drops its session for it. The answer does not depend on the route.

mod event;

use lambda_http::lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::Value;

use event::Asked;
pub use event::MalformedEvent;

use crate::http::problem::Problem;
use crate::http::signed_in::{IsSignedIn, SignedIn};
use crate::id::{SessionId, UserId};
use crate::scope::Scope;

/// The authorizer.
#[derive(Clone, Debug)]
pub struct Authorizer(IsSignedIn);

/// What the gateway is told.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Caller>,
}

/// What the API behind learns of its caller, as `$context.authorizer`.
#[derive(Clone, Debug, Serialize)]
struct Caller {
    sub: UserId,
    sid: SessionId,
    scope: Scope,
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
    /// An authorizer that checks so.
    pub fn new(check: IsSignedIn) -> Self {
        Self(check)
    }

    /// Answers one event.
    ///
    /// # Errors
    /// The event is malformed, or the store cannot say.
    pub async fn answer(&self, event: &Value) -> Result<Answer, CannotTell> {
        let asked = Asked::parse(event).inspect_err(|error| {
            tracing::error!(%error, "an event could not be read");
        })?;
        match self.0.check(&asked.method, &asked.headers).await {
            Ok(signed_in) => Ok(Answer::authorized(&signed_in)),
            Err(problem) => refusal(&problem, &asked.request_id),
        }
    }
}

impl Answer {
    fn authorized(signed_in: &SignedIn) -> Self {
        let claims = signed_in.claims();
        let caller = Caller { sub: claims.sub.clone(), sid: claims.sid, scope: claims.scope.clone() };
        Self { is_authorized: true, context: Some(caller) }
    }
}

/// A fault of ours is no refusal: a client must not take it for one.
fn refusal(problem: &Problem, request_id: &str) -> Result<Answer, CannotTell> {
    let (code, cause) = (problem.code().name(), problem.cause());
    if problem.code().status().is_server_error() {
        tracing::error!(request_id, code, cause, "a request could not be checked");
        return Err(CannotTell::Check(code));
    }
    tracing::info!(request_id, code, cause, "a request was refused");
    Ok(Answer { is_authorized: false, context: None })
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
