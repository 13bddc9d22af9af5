//! The strategies `suspend` and `resume` of `POST /revoke`: an administrator locks a user out, and lets the user in again.
//!
//! Both need a recent sign-in, because a copied session of an administrator could otherwise lock out users for good, or
//! let a suspended user back in.

use axum::Json;
use serde::Serialize;

use super::super::admin;
use super::super::revoke_response::RevokeResponse;
use super::Requester;
use super::admin::{build_command, user_id, valid_reason};
use crate::app::App;
use crate::app::sign_out::{SessionSelector, end_many};
use crate::domain::actor::Actor;
use crate::domain::event::{Event, EventKind, Subject};
use crate::domain::id::UserId;
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::store::backoff::back_off;
use crate::store::{StoreError, TransactionOutcome};

/// Attempts before a contended resumption fails with 503.
const ATTEMPTS: u32 = 12;

/// Ends all sessions of a user and refuses the user's sign-ins until `until`, or until an administrator resumes the user.
pub(super) async fn suspend(
    app: &App,
    requester: &Requester,
    user: Option<String>,
    reason: Option<String>,
    until: Option<String>,
) -> Result<RevokeResponse, Problem> {
    let (caller, now) = (&requester.caller, requester.caller.now);
    let note = valid_reason(reason)?;
    let user = user_id(user)?;
    let until = until.map(|text| future_moment(&text, now)).transpose()?;
    admin::require_scope_over(app, caller, &user)?;
    if user == caller.user {
        // Otherwise the last administrator, which alone could undo it, would be locked out.
        return Err(Problem::field(
            "user_id",
            "must be another user: administrators cannot suspend themselves",
        ));
    }
    let by = Actor::Admin(caller.user.clone());
    let mut command = build_command(requester, note.clone());
    command.suspension = Some(Suspension { by, note, since: now, until });
    let target = async { app.store().read_user_state(&user, now).await.map_err(Problem::from) };
    let (_, state) = tokio::try_join!(admin::require_recent_admin_session(app, caller), target)?;
    let ends = end_many(app, &user, SessionSelector::All, &command, state).await?;
    Ok(RevokeResponse::new(app, ends, now))
}

/// The body of a resumption.
#[derive(Serialize)]
pub(super) struct ResumeResponse {
    /// Whether the user was suspended until now.
    resumed: bool,
}

/// Lifts a suspension. A user that is not suspended stays as before, so that the call can be repeated.
pub(super) async fn resume(
    app: &App,
    requester: &Requester,
    user: Option<String>,
    reason: Option<String>,
) -> Result<Json<ResumeResponse>, Problem> {
    let caller = &requester.caller;
    let note = valid_reason(reason)?;
    let user = user_id(user)?;
    admin::require_scope_over(app, caller, &user)?;
    admin::require_recent_admin_session(app, caller).await?;
    let kind = EventKind::AccountResumed { by: Actor::Admin(caller.user.clone()), note };
    let event = Event::about(Subject::User(user.clone()), app.now_millis(), kind);
    let resumed = lift(app, &user, &event, caller.now).await?;
    if resumed {
        app.on_recorded(&event);
    }
    Ok(Json(ResumeResponse { resumed }))
}

async fn lift(app: &App, user: &UserId, event: &Event, now: Timestamp) -> Result<bool, StoreError> {
    for attempt in 0..ATTEMPTS {
        match app.store().resume(user, event, now).await? {
            TransactionOutcome::Committed => return Ok(true),
            TransactionOutcome::ConditionFailed => return Ok(false),
            TransactionOutcome::Contended => back_off(attempt).await,
        }
    }
    Err(StoreError::Contended)
}

fn future_moment(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let wrong = || Problem::field("until", "expected an RFC 3339 time in the future");
    Timestamp::parse_rfc3339(text).filter(|moment| *moment > now).ok_or_else(wrong)
}
