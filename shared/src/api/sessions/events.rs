//! `GET /sessions/events`: the audit trail, newest first.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::general_limit::limited;
use super::super::target_user::TargetUser;
use super::session_view::EventView;
use crate::app::App;
use crate::domain::event::EVENT_TYPES;
use crate::domain::id::{IdError, UserId};
use crate::domain::severity::Severity;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::store::AuditQuery;
use crate::token::cursor;

/// The number of events on a page if the request has no `limit`.
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;

/// The body of `GET /sessions/events`.
#[derive(Serialize)]
struct EventsResponse {
    events: Vec<EventView>,
    next_cursor: Option<String>,
}

pub(super) async fn events(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let target = TargetUser::of(&query, &caller)?;
    let query = parse_query(&app, &query, target.user(&caller))?;
    let trail =
        async { app.store().read_audit_page(target.user(&caller), &query).await.map_err(Problem::from) };
    let read = async { tokio::try_join!(target.read_state(&app, &caller), trail) };
    limited(&app, &caller, &client, read, |(_, trail)| {
        let key = &app.config().keys.refresh()[0];
        let events = trail.events.iter().map(|event| EventView::new(event, target.is_other())).collect();
        let next_cursor = trail.next.map(|event| cursor::seal(target.user(&caller), event, key));
        Ok(Json(EventsResponse { events, next_cursor }).into_response())
    })
    .await
}

fn parse_query(app: &App, query: &str, user: &UserId) -> Result<AuditQuery, Problem> {
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
        .map_err(|error: IdError| Problem::field("session_id", error))?;
    Ok(AuditQuery { before, event_type, severity, session, limit: limit(query)?, ..AuditQuery::default() })
}

fn limit(query: &str) -> Result<usize, Problem> {
    let Some(text) = parameter(query, "limit")? else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| Problem::field("limit", "expected a whole number from 1 to 100"))
}
