//! `DELETE /sessions/{id}` and `DELETE /sessions?scope=others`.

use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::super::own_session;
use super::super::revoke::{Ended, not_found};
use crate::app::App;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::id::SessionId;
use crate::session::{Seen, Session};
use crate::sign_out::{Order, Which, can_end, end_many, end_one};

/// Calls move a session's last activity at most once in this time.
const ACTIVITY_STEP: Duration = Duration::from_secs(300);

pub(super) async fn one(
    State(app): State<App>,
    caller: Caller,
    Client(seen): Client,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    // One that is not even text is no id.
    let id = id.map(|Path(id)| id).unwrap_or_default();
    end_by_id(&app, &caller, &seen, &id).await.map(Ended::into_response)
}

pub(super) async fn others(
    State(app): State<App>,
    caller: Caller,
    Client(seen): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let scope = parameter(query.as_deref().unwrap_or_default(), "scope")?;
    if scope.as_deref() != Some("others") {
        return Err(Problem::field("scope", "expected others"));
    }
    end_all_others(&app, &caller, &seen).await.map(Ended::into_response)
}

/// Ends one of the caller's own sessions; a text that is no id, unknown, foreign and ended ids are one
/// and the same 404.
pub(in super::super) async fn end_by_id(
    app: &App,
    caller: &Caller,
    seen: &Seen,
    id: &str,
) -> Result<Ended, Problem> {
    let state = app.store().user(&caller.user, caller.now).await?;
    let own = own_session(app, caller, &state).await?;
    let id = id.parse::<SessionId>().map_err(|_| not_found())?;
    let target = state.sessions.iter().find(|row| row.id == id && can_end(row, caller.now));
    let order = Order::of_user(caller.session, seen, caller.now);
    let end = order.end(target.ok_or_else(not_found)?);
    let events = order.events(app, &caller.user, 1);
    let (ended, ()) = tokio::join!(end_one(app, &end, &events), touch(app, own, caller, id == own.id));
    if ended? { Ok(Ended::new(app, vec![end], caller.now)) } else { Err(not_found()) }
}

/// Ends all of the caller's sessions but the calling one.
pub(in super::super) async fn end_all_others(
    app: &App,
    caller: &Caller,
    seen: &Seen,
) -> Result<Ended, Problem> {
    let state = app.store().user(&caller.user, caller.now).await?;
    let own = own_session(app, caller, &state).await?.clone();
    let order = Order::of_user(caller.session, seen, caller.now);
    let ending = end_many(app, &caller.user, Which::Others(caller.session), &order, state);
    let (ends, ()) = tokio::join!(ending, touch(app, &own, caller, false));
    Ok(Ended::new(app, ends?, caller.now))
}

/// Moves the caller's last activity beside the work that the answer waits for; that it could not is no
/// error of the call.
async fn touch(app: &App, own: &Session, caller: &Caller, ends_now: bool) {
    let step_ago = caller.now.before(ACTIVITY_STEP);
    if ends_now || own.last_activity > step_ago {
        return;
    }
    let after = step_ago + Duration::from_secs(1);
    if let Err(error) = app.store().touch(&own.user, &own.id, caller.now, after).await {
        tracing::warn!(session_id = %own.id, %error, "a session's activity could not be written");
    }
}
