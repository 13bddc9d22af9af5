//! `GET /sessions/{id}`: one session in detail, with its recent events.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::general_limit::limited;
use super::super::revoke_response::session_not_found;
use super::super::target_user::TargetUser;
use super::session_view::{EventView, SessionView};
use crate::app::App;
use crate::domain::id::SessionId;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::store::{AuditPage, AuditQuery};

/// Events shown with one session.
const RECENT_EVENTS: usize = 20;

/// The body of `GET /sessions/{id}`.
#[derive(Serialize)]
struct SessionResponse {
    #[serde(flatten)]
    session: SessionView,
    events: Vec<EventView>,
}

pub(super) async fn detail(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let target = TargetUser::of(&app, query.as_deref().unwrap_or_default(), &caller)?;
    let id = id.ok().and_then(|Path(id)| id.parse::<SessionId>().ok());
    let trail = async {
        let Some(session) = id else { return Ok(AuditPage::default()) };
        let query = AuditQuery { session: Some(session), limit: RECENT_EVENTS, ..AuditQuery::default() };
        app.store().read_audit_page(target.user(&caller), &query).await.map_err(Problem::from)
    };
    let read = async { tokio::try_join!(target.read_state(&app, &caller, &client), trail) };
    limited(&app, &caller, &client, read, |(state, trail)| {
        let session = id.and_then(|id| state.live_session(&id, caller.now)).ok_or_else(session_not_found)?;
        let events = trail.events.iter().map(|event| EventView::new(event, target.is_other())).collect();
        Ok(Json(SessionResponse { session: SessionView::new(session, &caller), events }).into_response())
    })
    .await
}
