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
    user_id: UserId,
    session_limit: usize,
    sessions: Vec<SessionView>,
    #[serde(flatten)]
    analysis: Option<Analysis>,
    /// Not part of the `ETag`, so that an unchanged list keeps its tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_time: Option<Timestamp>,
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
    let target = TargetUser::of(&query, &caller)?;
    let with_analytics = wants_analytics(&query)?;
    // The history is read at the same time as the sessions, so that analytics add no round trip.
    let history = async {
        if with_analytics {
            history(&app, &target, &caller).await.map(Some).map_err(Problem::from)
        } else {
            Ok(None)
        }
    };
    let read = async { tokio::try_join!(target.read_state(&app, &caller), history) };
    let show = |(state, history): (UserState, Option<AuditPage>)| {
        let mut live: Vec<&Session> = state.live(caller.now).collect();
        live.sort_by_key(|session| {
            (session.id != caller.session, Reverse(session.last_activity), session.id)
        });
        let session_limit = app.config().session_limit;
        let analysis = history.map(|history| Analysis {
            analytics: analyse(&live, &history.events, caller.now),
            recommendations: recommendations(&live, &history.events, session_limit, caller.now),
        });
        SessionsResponse {
            user_id: target.user(&caller).clone(),
            session_limit,
            sessions: live.iter().map(|session| SessionView::new(session, &caller)).collect(),
            analysis,
            server_time: None,
        }
    };
    let Some(known) = headers.get(header::IF_NONE_MATCH) else {
        return limited(&app, &caller, &client, read, |state| Ok(tagged(show(state), &caller))).await;
    };
    // A client that polls an unchanged list uses up no attempts: only a changed list is counted.
    refuse_remembered(&app, &caller)?;
    let body = show(read.await?);
    let tag = etag(&body);
    if is_known(&tag, known) {
        return Ok(not_modified(tag));
    }
    let limit_headers = count(&app, &caller, &client).await?;
    Ok((limit_headers, tagged(body, &caller)).into_response())
}

fn wants_analytics(query: &str) -> Result<bool, Problem> {
    match parameter(query, "include")?.as_deref() {
        None => Ok(false),
        Some("analytics") => Ok(true),
        Some(_) => Err(Problem::field("include", "expected analytics")),
    }
}

async fn history(app: &App, target: &TargetUser, caller: &Caller) -> Result<AuditPage, StoreError> {
    let since = Some(analytics::begin(caller.now));
    let query = AuditQuery { since, limit: analytics::EVENTS_MAX, ..AuditQuery::default() };
    app.store().read_audit_page(target.user(caller), &query).await
}

/// The response with its `ETag`, which is computed before the server's time is added.
fn tagged(body: SessionsResponse, caller: &Caller) -> Response {
    let tag = etag(&body);
    let body = SessionsResponse { server_time: Some(caller.now), ..body };
    ([(header::ETAG, tag)], Json(body)).into_response()
}
