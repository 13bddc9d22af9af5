//! The general rate limit of authenticated calls. It is counted at the same time as the call's own read, and
//! its headers are on every response.

use std::future::Future;

use axum::response::Response;
use http::HeaderMap;

use crate::app::App;
use crate::app::limiter::{CheckResult, LimitSubject, check, fails_open};
use crate::domain::client_context::{ClientContext, EventClient};
use crate::domain::event::Subject;
use crate::domain::limit::LimitMode;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::http::rate_limit;

/// Reads and counts the call at the same time, then makes the response.
///
/// A caller without a live session gets that answer rather than a 429. The exception is a caller that this
/// instance already refuses: that refusal needs no read, and so reveals nothing about the session.
pub(super) async fn limited<T>(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    read: impl Future<Output = Result<T, Problem>>,
    respond: impl FnOnce(T) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    refuse_remembered(app, caller)?;
    // Boxed, because the reads of a page are a large future.
    let (state, counted) = tokio::join!(Box::pin(read), Box::pin(count(app, caller, client)));
    let state = state?;
    let headers = counted?;
    match respond(state) {
        Ok(mut response) => {
            response.headers_mut().extend(headers);
            Ok(response)
        }
        Err(problem) => Err(problem.with_headers(headers)),
    }
}

/// Counts the call and returns the headers of the response.
///
/// # Errors
/// `rate_limited` when the call is over the limit.
pub(super) async fn count(app: &App, caller: &Caller, client: &ClientContext) -> Result<HeaderMap, Problem> {
    let policy = &app.config().limits.general;
    let subject = LimitSubject {
        key: caller.session.to_string(),
        event_subject: Subject::User(caller.user.clone()),
        session: Some(caller.session),
        client: EventClient::of(client),
        can_be_cleared: false,
    };
    match fails_open(app, policy, check(app, policy, &subject, caller.now).await) {
        CheckResult::WithinLimit(quota) => Ok(rate_limit::headers(policy, quota)),
        CheckResult::OverLimit(until) => Err(rate_limit::refusal(policy, until, caller.now)),
        CheckResult::Unlimited => Ok(HeaderMap::new()),
    }
}

/// Refuses a caller that this instance refused before and still has to refuse. It costs no call to the store.
///
/// # Errors
/// `rate_limited`.
pub(super) fn refuse_remembered(app: &App, caller: &Caller) -> Result<(), Problem> {
    let policy = &app.config().limits.general;
    let key = format!("{}#{}", policy.name, caller.session);
    let until = app.refusal_cache().until(&key, caller.now);
    let until = until.filter(|_| policy.mode == LimitMode::Enforce);
    until.map_or(Ok(()), |until| Err(rate_limit::refusal(policy, until, caller.now)))
}
