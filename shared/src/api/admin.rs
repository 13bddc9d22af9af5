//! Is the caller an administrator? Both the access token and the session's row must carry the scope.
//!
//! The token is checked first, so that a caller without the scope causes no read. The row is checked as well,
//! because a role that was taken away must end at once and not when the access token expires.

use super::own_sessions::own_session;
use crate::app::App;
use crate::domain::scope::ADMIN;
use crate::domain::session::Session;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::store::UserState;

/// Refuses a caller whose access token lacks the administrator's scope.
///
/// # Errors
/// `forbidden`.
pub(super) fn require_scope(caller: &Caller) -> Result<(), Problem> {
    caller.scope.has(ADMIN).then_some(()).ok_or_else(|| Problem::insufficient_scope(ADMIN))
}

/// The caller's own live session, if its row carries the administrator's scope, too: one read.
///
/// # Errors
/// `session_ended` or `forbidden`.
pub(super) async fn require_admin_session(app: &App, caller: &Caller) -> Result<Session, Problem> {
    require_scope(caller)?;
    let row = app.store().read_session(&caller.user, &caller.session, caller.now).await?;
    let own = UserState { sessions: row.into_iter().collect(), ..UserState::default() };
    let row = own_session(app, caller, &own).await?;
    row.scope.has(ADMIN).then(|| row.clone()).ok_or_else(|| Problem::insufficient_scope(ADMIN))
}
