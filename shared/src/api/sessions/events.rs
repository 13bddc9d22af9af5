//! `GET /sessions/events`: the audit trail, newest first, or one event of it.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use super::super::general_limit::limited;
use super::super::target_user::TargetUser;
use super::look_up::{self, Selection, Trail};
use super::session_view::EventView;
use crate::app::App;
use crate::domain::event::EVENT_TYPES;
use crate::domain::id::{IdError, SessionId, UserId};
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
    /// The user of the events; null for an event about all users.
    user_id: Option<UserId>,
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
    let target = TargetUser::of(&app, &query, &caller)?;
    let names_user = parameter(&query, "user_id")?.is_some();
    let filters = parse_filters(&query)?;
    let selection = selection(&query, &filters, names_user, &caller)?;
    if let Selection::Trail = selection {
        // A wrong cursor is refused before anything is read.
        cursor_of(&app, &query, target.user(&caller))?;
    }
    let page_of = async |user: UserId| {
        let before = cursor_of(&app, &query, &user)?;
        let page = app.store().read_audit_page(&user, &AuditQuery { before, ..filters.clone() }).await?;
        Ok::<_, Problem>(Trail { user: Some(user), page })
    };
    let read = async {
        match &selection {
            Selection::Event(id) => look_up::event(&app, &caller, &client, (&target, names_user), *id).await,
            Selection::TrailOfSession(id) => {
                page_of(look_up::user_of_session(&app, &caller, &client, id).await?).await
            }
            Selection::Trail => {
                let page = page_of(target.user(&caller).clone());
                Ok(tokio::try_join!(target.read_state(&app, &caller, &client), page)?.1)
            }
        }
    };
    limited(&app, &caller, &client, read, |Trail { user, page }| {
        let key = &app.config().keys.refresh()[0];
        let is_other = user.as_ref() != Some(&caller.user);
        let events = page.events.iter().map(|event| EventView::new(event, is_other)).collect();
        let next_cursor = user.as_ref().zip(page.next).map(|(user, event)| cursor::seal(user, event, key));
        Ok(Json(EventsResponse { user_id: user, events, next_cursor }).into_response())
    })
    .await
}

fn selection(
    query: &str,
    filters: &AuditQuery,
    names_user: bool,
    caller: &Caller,
) -> Result<Selection, Problem> {
    let event = parameter(query, "event_id")?.map(|text| event_id(&text)).transpose()?;
    if event.is_some() {
        for other in ["cursor", "limit", "session_id", "severity", "type"] {
            if parameter(query, other)?.is_some() {
                return Err(Problem::field("event_id", format!("cannot be combined with `{other}`")));
            }
        }
    }
    let filter = filters.event_type.as_ref().map(|_| "type").or(filters.severity.map(|_| "severity"));
    Selection::of(event, filters.session, filter, names_user, caller)
}

/// An event id in upper or lower case, like a session id.
fn event_id(text: &str) -> Result<Uuid, Problem> {
    let id = text.parse::<SessionId>().map_err(|_| Problem::field("event_id", "must be an event id"))?;
    Ok(Uuid::from_bytes(*id.as_bytes()))
}

fn cursor_of(app: &App, query: &str, user: &UserId) -> Result<Option<Uuid>, Problem> {
    parameter(query, "cursor")?
        .map(|text| cursor::open(&text, user, app.config().keys.refresh()))
        .transpose()
        .map_err(|error| Problem::field("cursor", error))
}

fn parse_filters(query: &str) -> Result<AuditQuery, Problem> {
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
    Ok(AuditQuery { event_type, severity, session, limit: limit(query)?, ..AuditQuery::default() })
}

fn limit(query: &str) -> Result<usize, Problem> {
    let Some(text) = parameter(query, "limit")? else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| Problem::field("limit", "expected a whole number from 1 to 100"))
}
