//! `GET /sessions`: the live sessions, and on demand the numbers and what to look at.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::super::general_limit::{count, limited, refused_before};
use super::super::target_user::TargetUser;
use super::session_view;
use crate::app::App;
use crate::domain::analytics::{self, analyse, recommendations};
use crate::domain::session::Session;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::etag::{etag, is_known};
use crate::http::problem::Problem;
use crate::store::{StoreError, Trail, TrailQuery, UserState};

pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let subject = TargetUser::of(&query, &caller)?;
    let with_analytics = wants_analytics(&query)?;
    // The history is read at the same time as the sessions: one round trip, however long it is.
    let history = async {
        if with_analytics {
            history(&app, &subject, &caller).await.map_err(Problem::from)
        } else {
            Ok(Trail::default())
        }
    };
    let look = async { tokio::try_join!(subject.look(&app, &caller), history) };
    let show = |(state, history): (UserState, Trail)| {
        let mut live: Vec<&Session> = state.live(caller.now).collect();
        live.sort_by_key(|session| {
            (session.id != caller.session, Reverse(session.last_activity), session.id)
        });
        let limit = app.config().session_limit;
        let mut body = json!({
            "user_id": subject.user(&caller),
            "session_limit": limit,
            "sessions": live.iter().map(|session| session_view::session(session, &caller)).collect::<Vec<Value>>(),
        });
        if with_analytics {
            body["analytics"] = json!(analyse(&live, &history.events, caller.now));
            body["recommendations"] = json!(recommendations(&live, &history.events, limit, caller.now));
        }
        body
    };
    let Some(known) = headers.get(header::IF_NONE_MATCH) else {
        return limited(&app, &caller, &client, look, |looked| Ok(tagged(show(looked), &caller))).await;
    };
    // Who watches an unchanged list uses up no attempts: the count only follows a change.
    refused_before(&app, &caller)?;
    let body = show(look.await?);
    let tag = etag(&body);
    if is_known(&tag, known) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let counted = count(&app, &caller, &client).await?;
    Ok((counted, tagged(body, &caller)).into_response())
}

fn wants_analytics(query: &str) -> Result<bool, Problem> {
    match parameter(query, "include")?.as_deref() {
        None => Ok(false),
        Some("analytics") => Ok(true),
        Some(_) => Err(Problem::field("include", "expected analytics")),
    }
}

async fn history(app: &App, subject: &TargetUser, caller: &Caller) -> Result<Trail, StoreError> {
    let since = Some(analytics::begin(caller.now));
    let query = TrailQuery { since, limit: analytics::EVENTS_MAX, ..TrailQuery::default() };
    app.store().trail(subject.user(caller), &query).await
}

/// The body under its tag; the time is no part of it.
fn tagged(mut body: Value, caller: &Caller) -> Response {
    let tag = etag(&body);
    body["server_time"] = json!(caller.now.to_rfc3339());
    ([(header::ETAG, tag)], Json(body)).into_response()
}
