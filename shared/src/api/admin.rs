//! Is the caller an administrator? Both the access token and the session's row must carry the scope.
//!
//! The token is checked first, so that a caller without the scope causes no read. The row is checked as well,
//! because a role that was taken away must end at once and not when the access token expires.

use super::own_sessions::own_session;
use crate::app::App;
use crate::domain::id::UserId;
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

/// Refuses a caller that does not administer `user`: without the scope, or with it from another issuer.
///
/// # Errors
/// `forbidden`.
pub(super) fn require_scope_over(app: &App, caller: &Caller, user: &UserId) -> Result<(), Problem> {
    require_scope(caller)?;
    if reaches(app, caller, Some(user)) {
        return Ok(());
    }
    Err(Problem::insufficient_scope(ADMIN).detail(
        "user_id: belongs to another issuer; name a user of your own issuer, or give it \"admin_of\":\"all\" in \
         LATCHKEY_TRUSTED_ISSUERS",
    ))
}

/// Refuses a caller that does not administer all users.
///
/// # Errors
/// `forbidden`.
pub(super) fn require_scope_over_everyone(app: &App, caller: &Caller) -> Result<(), Problem> {
    require_scope(caller)?;
    if reaches(app, caller, None) {
        return Ok(());
    }
    Err(Problem::insufficient_scope(ADMIN).detail(
        "you administer the users of your own issuer only; this call needs \"admin_of\":\"all\" in \
         LATCHKEY_TRUSTED_ISSUERS",
    ))
}

/// Whether an administrator reaches `user`, or all users if there is none. For look-ups, which answer as if an unreachable
/// user did not exist.
pub(super) fn reaches(app: &App, caller: &Caller, user: Option<&UserId>) -> bool {
    let reach = app.config().admin_reach(&caller.user);
    user.map_or(reach.is_everyone(), |user| reach.contains(user))
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
