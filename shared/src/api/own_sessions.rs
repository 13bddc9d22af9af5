//! The caller's own sessions: find the calling one, end one of them, end all others.

use std::time::Duration;

use super::revoke_response::{RevokeResponse, session_not_found};
use crate::app::App;
use crate::app::sign_out::{RevokeCommand, SessionSelector, can_end, end_many, end_one};
use crate::domain::client_context::ClientContext;
use crate::domain::id::SessionId;
use crate::domain::session::Session;
use crate::domain::session::end::{EndReason, PublicReason};
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::store::{StoreError, UserState};

/// A call moves its session's last activity at most once in this time, so that a page that polls costs no
/// write for each call.
const ACTIVITY_STEP: Duration = Duration::from_secs(300);

/// The caller's own live session.
///
/// # Errors
/// `session_ended` with the reason.
pub(super) async fn own_session<'s>(
    app: &App,
    caller: &Caller,
    state: &'s UserState,
) -> Result<&'s Session, Problem> {
    if let Some(session) = state.live_session(&caller.session, caller.now) {
        return Ok(session);
    }
    let row = state.sessions.iter().find(|session| session.id == caller.session);
    Err(Problem::session_ended(end_reason(app, row, &caller.session).await?))
}

/// The reason why a session ended: from its row, if the row is still there, else from its end record. A session
/// without either has expired.
pub(super) async fn end_reason(
    app: &App,
    row: Option<&Session>,
    session: &SessionId,
) -> Result<PublicReason, StoreError> {
    let reason = match row {
        Some(row) => row.pending_end.as_ref().map(|pending| pending.reason),
        None => app.store().end_record(session).await?.map(|record| record.reason),
    };
    Ok(reason.unwrap_or(EndReason::Expired).public())
}

/// Ends one of the caller's own sessions.
///
/// # Errors
/// The same 404 for a malformed id, an unknown id, an ended session and a session of another user.
pub(super) async fn end_by_id(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    id: &str,
) -> Result<RevokeResponse, Problem> {
    let state = app.store().read_user_state(&caller.user, caller.now).await?;
    let own = own_session(app, caller, &state).await?;
    let id = id.parse::<SessionId>().map_err(|_| session_not_found())?;
    let target = state.sessions.iter().find(|row| row.id == id && can_end(row, caller.now));
    let command = RevokeCommand::of_user(caller.session, client, caller.now);
    let end = command.build_end(target.ok_or_else(session_not_found)?);
    let events = command.events(app, &caller.user, 1);
    let (ended, ()) = tokio::join!(end_one(app, &end, &events), touch(app, own, caller, id == own.id));
    if ended? { Ok(RevokeResponse::new(app, vec![end], caller.now)) } else { Err(session_not_found()) }
}

/// Ends all of the caller's sessions except the calling one.
pub(super) async fn end_all_others(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
) -> Result<RevokeResponse, Problem> {
    let state = app.store().read_user_state(&caller.user, caller.now).await?;
    let own = own_session(app, caller, &state).await?.clone();
    let command = RevokeCommand::of_user(caller.session, client, caller.now);
    let end = end_many(app, &caller.user, SessionSelector::Others(caller.session), &command, state);
    let (ends, ()) = tokio::join!(end, touch(app, &own, caller, false));
    Ok(RevokeResponse::new(app, ends?, caller.now))
}

/// Updates the caller's last activity at the same time as the call's own work. A failure is logged and does not
/// fail the call.
async fn touch(app: &App, own: &Session, caller: &Caller, ends_now: bool) {
    let step_ago = caller.now.before(ACTIVITY_STEP);
    if ends_now || own.last_activity > step_ago {
        return;
    }
    let after = step_ago + Duration::from_secs(1);
    if let Err(error) = app.store().touch(&own.user, &own.id, caller.now, after).await {
        tracing::warn!(session_id = %own.id, %error, "could not update the last activity of a session");
    }
}
