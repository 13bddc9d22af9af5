//! `GET /sessions/events`: the audit trail, newest first.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::general_limit::limited;
use super::super::target_user::TargetUser;
use super::session_view;
use crate::app::App;
use crate::domain::event::EVENT_TYPES;
use crate::domain::id::UserId;
use crate::domain::severity::Severity;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::store::TrailQuery;
use crate::token::cursor;

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;

pub(super) async fn trail(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let subject = TargetUser::of(&query, &caller)?;
    let wanted = wanted(&app, &query, subject.user(&caller))?;
    let trail = async { app.store().trail(subject.user(&caller), &wanted).await.map_err(Problem::from) };
    let look = async { tokio::try_join!(subject.look(&app, &caller), trail) };
    limited(&app, &caller, &client, look, |(_, trail)| {
        let key = &app.config().keys.refresh()[0];
        let events: Vec<Value> =
            trail.events.iter().map(|event| session_view::event(event, subject.is_other())).collect();
        let next = trail.next.map(|event| cursor::seal(subject.user(&caller), event, key));
        Ok(Json(json!({"events": events, "next_cursor": next})).into_response())
    })
    .await
}

fn wanted(app: &App, query: &str, user: &UserId) -> Result<TrailQuery, Problem> {
    let before = parameter(query, "cursor")?
        .map(|text| cursor::open(&text, user, app.config().keys.refresh()))
        .transpose()
        .map_err(|error| Problem::field("cursor", error))?;
    let event_type = parameter(query, "type")?;
    if event_type.as_deref().is_some_and(|name| !EVENT_TYPES.contains(&name)) {
        return Err(Problem::field("type", format!("expected one of {}", EVENT_TYPES.join(", "))));
    }
    let severity = parameter(query, "severity")?
        .map(|text| Severity::parse(&text).ok_or("expected one of info, low, medium, high, critical"))
        .transpose()
        .map_err(|expected| Problem::field("severity", expected))?;
    let session = parameter(query, "session_id")?
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: crate::domain::id::IdError| Problem::field("session_id", error))?;
    Ok(TrailQuery { before, event_type, severity, session, limit: limit(query)?, ..TrailQuery::default() })
}

fn limit(query: &str) -> Result<usize, Problem> {
    let Some(text) = parameter(query, "limit")? else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| Problem::field("limit", "expected a whole number from 1 to 100"))
}
