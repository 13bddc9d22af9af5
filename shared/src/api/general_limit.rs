//! The general limit around a call: counted beside the call's own read, told on every answer.

use std::future::Future;

use axum::response::Response;
use http::HeaderMap;

use crate::app::App;
use crate::app::limiter::{CheckResult, LimitSubject, check, fails_open};
use crate::domain::client_context::ClientContext;
use crate::domain::event::Subject;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::http::rate_limit;

/// Looks, counting the call at the same time, and answers what was seen.
///
/// Who has no live session learns that rather than to wait, unless this instance remembers that it refuses
/// them: that costs no call, and so tells nothing of the session.
pub(super) async fn limited<T>(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    look: impl Future<Output = Result<T, Problem>>,
    answer: impl FnOnce(T) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    refused_before(app, caller)?;
    let (looked, checked) = tokio::join!(look, count(app, caller, client));
    let looked = looked?;
    let headers = checked?;
    match answer(looked) {
        Ok(mut response) => {
            response.headers_mut().extend(headers);
            Ok(response)
        }
        Err(problem) => Err(problem.with_headers(headers)),
    }
}

/// Counts the call: the headers to answer with.
///
/// # Errors
/// It is one too many.
pub(super) async fn count(app: &App, caller: &Caller, client: &ClientContext) -> Result<HeaderMap, Problem> {
    let policy = &app.config().limits.general;
    let who = LimitSubject {
        key: caller.session.to_string(),
        subject: Subject::User(caller.user.clone()),
        session: Some(caller.session),
        ip: client.ip,
        can_be_cleared: false,
    };
    match fails_open(app, policy, check(app, policy, &who, caller.now).await) {
        CheckResult::WithinLimit(standing) => Ok(rate_limit::headers(policy, standing)),
        CheckResult::OverLimit(until) => Err(rate_limit::refusal(policy, until, caller.now)),
        CheckResult::Unlimited => Ok(HeaderMap::new()),
    }
}

/// Refuses a caller whom this instance remembers.
///
/// # Errors
/// They are still refused.
pub(super) fn refused_before(app: &App, caller: &Caller) -> Result<(), Problem> {
    let policy = &app.config().limits.general;
    let key = format!("{}#{}", policy.name, caller.session);
    let until = app.refused().until(&key, caller.now);
    let until = until.filter(|_| policy.mode == crate::domain::limit::LimitMode::Enforce);
    until.map_or(Ok(()), |until| Err(rate_limit::refusal(policy, until, caller.now)))
}
