//! `GET /sessions`: the live sessions, with `?include=analytics` also numbers and recommendations.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;

use super::super::general_limit::{count, limited, refuse_remembered};
use super::super::target_user::TargetUser;
use super::session_view::SessionView;
use crate::app::App;
use crate::domain::analytics::{self, Analytics, Recommendation, analyse, recommendations};
use crate::domain::id::UserId;
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::etag::{etag, is_known};
use crate::http::problem::Problem;
use crate::http::success::not_modified;
use crate::store::{AuditPage, AuditQuery, StoreError, UserState};

/// The body of `GET /sessions`.
#[derive(Serialize)]
struct SessionsResponse {
    #[serde(flatten)]
    list: SessionList,
    #[serde(flatten)]
    analysis: Option<Analysis>,
    /// Not part of the `ETag`, so that an unchanged list keeps its tag.
    server_time: Timestamp,
}

#[derive(Serialize)]
struct SessionList {
    user_id: UserId,
    session_limit: usize,
    sessions: Vec<SessionView>,
}

/// The version of the history behind the analytics: the newest event, and the first moment that they cover. The
/// `ETag` has it in place of the analytics, so that a client that polls costs one small read and not a whole history.
#[derive(Serialize)]
struct HistoryVersion {
    newest: Option<String>,
    since: Timestamp,
}

#[derive(Serialize)]
struct Analysis {
    analytics: Analytics,
    recommendations: Vec<Recommendation>,
}

pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let target = TargetUser::of(&app, &query, &caller)?;
    let with_analytics = wants_analytics(&query)?;
    let events = async |limit| {
        if with_analytics { history(&app, &target, &caller, limit).await.map(Some) } else { Ok(None) }
    };
    let respond = |state: &UserState, history: Option<AuditPage>| {
        let live = live_sessions(state, &caller);
        let list = list_of(&app, &target, &caller, &live);
        let tag = tag_of(&list, history.as_ref(), &caller);
        let session_limit = list.session_limit;
        let analysis = history.map(|history| Analysis {
            analytics: analyse(&live, &history.events, caller.now),
            recommendations: recommendations(&live, &history.events, session_limit, caller.now),
        });
        let body = SessionsResponse { list, analysis, server_time: caller.now };
        ([(header::ETAG, tag)], Json(body)).into_response()
    };
    let Some(known) = headers.get(header::IF_NONE_MATCH) else {
        // The history is read at the same time as the sessions, so that analytics add no round trip.
        let history = async { events(analytics::EVENTS_MAX).await.map_err(Problem::from) };
        let read = async { tokio::try_join!(target.read_state(&app, &caller, &client), history) };
        return limited(&app, &caller, &client, read, |(state, history)| Ok(respond(&state, history))).await;
    };
    // A client that polls an unchanged list uses up no attempts, so that this part must be cheap: the history is read
    // only after the call has been counted.
    refuse_remembered(&app, &caller)?;
    let newest = async { events(1).await.map_err(Problem::from) };
    let (state, newest) = tokio::try_join!(target.read_state(&app, &caller, &client), newest)?;
    let list = list_of(&app, &target, &caller, &live_sessions(&state, &caller));
    let tag = tag_of(&list, newest.as_ref(), &caller);
    if is_known(&tag, known) {
        return Ok(not_modified(tag));
    }
    let limit_headers = count(&app, &caller, &client).await?;
    let history = events(analytics::EVENTS_MAX).await?;
    Ok((limit_headers, respond(&state, history)).into_response())
}

/// The live sessions: the calling one first, then by their last activity.
fn live_sessions<'s>(state: &'s UserState, caller: &Caller) -> Vec<&'s Session> {
    let mut live: Vec<&Session> = state.live(caller.now).collect();
    live.sort_by_key(|session| (session.id != caller.session, Reverse(session.last_activity), session.id));
    live
}

fn list_of(app: &App, target: &TargetUser, caller: &Caller, live: &[&Session]) -> SessionList {
    SessionList {
        user_id: target.user(caller).clone(),
        session_limit: app.config().session_limit,
        sessions: live.iter().map(|session| SessionView::new(session, caller)).collect(),
    }
}

/// The entity tag of a list, and of the history if the caller asked for analytics.
fn tag_of(list: &SessionList, history: Option<&AuditPage>, caller: &Caller) -> String {
    let version = history.map(|history| HistoryVersion {
        newest: history.events.first().map(|event| event.id.to_string()),
        since: analytics::begin(caller.now),
    });
    etag(&(list, version))
}

fn wants_analytics(query: &str) -> Result<bool, Problem> {
    match parameter(query, "include")?.as_deref() {
        None => Ok(false),
        Some("analytics") => Ok(true),
        Some(_) => Err(Problem::field("include", "expected analytics")),
    }
}

/// The newest events of the time that the analytics cover.
async fn history(
    app: &App,
    target: &TargetUser,
    caller: &Caller,
    limit: usize,
) -> Result<AuditPage, StoreError> {
    let query = AuditQuery { since: Some(analytics::begin(caller.now)), limit, ..AuditQuery::default() };
    app.store().read_audit_page(target.user(caller), &query).await
}
