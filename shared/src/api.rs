//! The endpoints: one file each, from request to response.
//!
//! Each file has `routes()`; a function serves one of them, the laptop all. To add an endpoint, add a
//! file here, its routes to a function, and its example to `events/`.

mod admin;
mod attempts;
mod introspect;
mod limited;
pub mod login;
pub mod refresh;
mod reply;
pub mod revoke;
pub mod sessions;
mod status;
pub mod well_known;

use crate::app::App;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::id::SessionId;
use crate::session::Session;
use crate::session::end::{EndReason, PublicReason};
use crate::store::{StoreError, UserState};

/// The caller's own live session, or why there is none.
async fn own_session<'s>(app: &App, caller: &Caller, state: &'s UserState) -> Result<&'s Session, Problem> {
    if let Some(session) = state.live_session(&caller.session, caller.now) {
        return Ok(session);
    }
    let row = state.sessions.iter().find(|session| session.id == caller.session);
    Err(Problem::session_ended(end_reason(app, row, &caller.session).await?))
}

/// Why a session is over: its row may still say, else its record; without either it has expired.
async fn end_reason(
    app: &App,
    row: Option<&Session>,
    session: &SessionId,
) -> Result<PublicReason, StoreError> {
    let reason = match row {
        Some(row) => row.ending.as_ref().map(|ending| ending.reason),
        None => app.store().end_record(session).await?.map(|record| record.reason),
    };
    Ok(reason.unwrap_or(EndReason::Expired).public())
}
