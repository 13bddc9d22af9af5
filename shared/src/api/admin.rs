//! Is the caller an administrator, of this user, and for a call with great effect, after a recent sign-in?
//!
//! Both the access token and the session's row must carry the scope.
//!
//! The token is checked first, so that a caller without the scope causes no read. The row is checked as well,
//! because a role that was taken away must end at once and not when the access token expires.

use std::time::Duration;

use super::own_sessions::own_session;
use crate::app::App;
use crate::app::fleet::record_reading;
use crate::domain::client_context::ClientContext;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::UserId;
use crate::domain::scope::ADMIN;
use crate::domain::session::Session;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem};
use crate::store::UserState;

/// The greatest age of the administrator's own sign-in for calls with great effect, so that a copied session of an
/// administrator cannot sign out all users, or suspend users.
const RECENT_SIGN_IN: Duration = Duration::from_secs(15 * 60);

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
    app.config().admin_reach(&caller.user).contains_or_everyone(user)
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

/// Records that an administrator reads data of other users, before the data is sent. Administrators read their own data as all
/// users do, without a record.
///
/// # Errors
/// The store's.
pub(super) async fn record_reading(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    target: ReadTarget,
) -> Result<(), Problem> {
    let (admin, session) = (&caller.user, caller.session);
    if target.is_of(admin) {
        return Ok(());
    }
    Ok(record_reading::record_reading(app, admin, session, client, target, caller.now).await?)
}

/// As [`require_admin_session`], for calls that need a recent sign-in.
///
/// # Errors
/// `session_ended`, `forbidden`, or `reauthentication_required`.
pub(super) async fn require_recent_admin_session(app: &App, caller: &Caller) -> Result<Session, Problem> {
    let row = require_admin_session(app, caller).await?;
    if row.authentication_age(caller.now).is_none_or(|age| age >= RECENT_SIGN_IN) {
        return Err(reauthentication_required(RECENT_SIGN_IN));
    }
    Ok(row)
}

/// The challenge of RFC 9470 (step-up authentication): a new sign-in resolves it.
fn reauthentication_required(max_age: Duration) -> Problem {
    let seconds = max_age.as_secs();
    let challenge = format!("Bearer error=\"insufficient_user_authentication\", max_age=\"{seconds}\"");
    Problem::of(Code::ReauthenticationRequired)
        .with_header(http::header::WWW_AUTHENTICATE, &challenge)
        .with_member("max_age", seconds.into())
}
