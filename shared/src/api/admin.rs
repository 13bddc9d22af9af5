//! Is the caller an administrator? In the token, so that nobody else gets as far as a read, and in the row: a
//! role that was taken away is refused on the next call, whatever the token still says.

use super::own_sessions::own_session;
use crate::app::App;
use crate::domain::scope::ADMIN;
use crate::domain::session::Session;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::store::UserState;

/// Refuses a caller whose token does not say so.
///
/// # Errors
/// `forbidden`.
pub(super) fn expects_scope(caller: &Caller) -> Result<(), Problem> {
    caller.scope.has(ADMIN).then_some(()).ok_or_else(|| Problem::insufficient_scope(ADMIN))
}

/// The caller's own live row, if it says so, too: one read.
///
/// # Errors
/// The session has ended, or `forbidden`.
pub(super) async fn own_row(app: &App, caller: &Caller) -> Result<Session, Problem> {
    expects_scope(caller)?;
    let row = app.store().session(&caller.user, &caller.session, caller.now).await?;
    let own = UserState { sessions: row.into_iter().collect(), ..UserState::default() };
    let row = own_session(app, caller, &own).await?;
    row.scope.has(ADMIN).then(|| row.clone()).ok_or_else(|| Problem::insufficient_scope(ADMIN))
}
