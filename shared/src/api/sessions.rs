//! `/sessions`: where am I signed in, and out with the ones I do not know.

mod view;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::own_session;
use super::revoke::{Ended, not_found};
use crate::app::App;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::id::SessionId;
use crate::session::Session;
use crate::session::end::{Actor, End, EndReason};
use crate::sign_out::{Which, can_end, end_many, end_one};

/// Events shown with one session.
const RECENT_EVENTS: usize = 20;

/// The routes of the sessions function.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/auth/sessions", get(list).delete(end_others))
        .route("/api/auth/sessions/{id}", get(one).delete(end_session))
}

async fn list(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    let state = app.store().user(&caller.user).await?;
    own_session(&app, &caller, &state).await?;
    let mut sessions: Vec<&Session> = state.live(caller.now).collect();
    sessions.sort_by_key(|session| {
        (session.id != caller.session, std::cmp::Reverse(session.last_activity), session.id)
    });
    let sessions: Vec<Value> = sessions.into_iter().map(|session| view::session(session, &caller)).collect();
    let mut body = json!({
        "user_id": caller.user,
        "session_limit": app.config().session_limit,
        "sessions": sessions,
    });
    let tag = view::etag(&body);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    body["server_time"] = json!(caller.now.to_rfc3339());
    Ok(([(header::ETAG, tag)], Json(body)).into_response())
}

async fn one(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let target = id.parse::<SessionId>();
    let state = app.store().user(&caller.user).await?;
    own_session(&app, &caller, &state).await?;
    let target = target.ok().and_then(|id| state.live_session(&id, caller.now)).ok_or_else(not_found)?;
    let events = app.store().session_events(&caller.user, &target.id, RECENT_EVENTS).await?;
    let mut body = view::session(target, &caller);
    body["events"] = events.iter().map(view::event).collect();
    Ok(Json(body))
}

async fn end_session(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    end_by_id(&app, &caller, &id).await.map(Ended::into_response)
}

async fn end_others(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let scope = parameter(query.as_deref().unwrap_or_default(), "scope")?;
    if scope.as_deref() != Some("others") {
        return Err(Problem::field("scope", "expected others"));
    }
    end_all_others(&app, &caller).await.map(Ended::into_response)
}

/// Ends one of the caller's own sessions; a text that is no id, unknown, foreign and ended ids are one
/// and the same 404.
pub(super) async fn end_by_id(app: &App, caller: &Caller, id: &str) -> Result<Ended, Problem> {
    let state = app.store().user(&caller.user).await?;
    own_session(app, caller, &state).await?;
    let id = id.parse::<SessionId>().map_err(|_| not_found())?;
    let target = state.sessions.iter().find(|row| row.id == id && can_end(row, caller.now));
    let end = End::of(target.ok_or_else(not_found)?, EndReason::SignedOut, Actor::User, caller.now);
    if end_one(app, &end, &[]).await? { Ok(Ended::new(app, vec![end], caller.now)) } else { Err(not_found()) }
}

/// Ends all of the caller's sessions but the calling one.
pub(super) async fn end_all_others(app: &App, caller: &Caller) -> Result<Ended, Problem> {
    let state = app.store().user(&caller.user).await?;
    own_session(app, caller, &state).await?;
    let which = Which::Others(caller.session);
    let ends = end_many(app, &caller.user, which, Actor::User, state, caller.now).await?;
    Ok(Ended::new(app, ends, caller.now))
}
