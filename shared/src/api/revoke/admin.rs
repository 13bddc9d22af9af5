//! The administrator's strategies of `POST /revoke`: all sessions of a user, one session of a user, all sessions
//! of all users. Each requires a reason, which the audit trail records.

use axum::Json;
use serde::Serialize;

use super::super::admin;
use super::super::revoke_response::{RevokeResponse, session_not_found};
use super::Requester;
use crate::app::App;
use crate::app::sign_out::{RevokeCommand, SessionSelector, can_end, end_many, end_one};
use crate::domain::actor::Actor;
use crate::domain::event::{Event, EventKind, Subject};
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::end::EndReason;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::store::{GLOBAL_REVOCATION_DELAY, GlobalRevocation, StoreError, TransactionOutcome};

/// The longest reason, in characters.
const REASON_MAX_CHARS: usize = 200;

/// Ends all sessions of a user. Sign-ins of that user that are in progress become invalid, too.
pub(super) async fn end_user(
    app: &App,
    requester: &Requester,
    user: Option<String>,
    reason: Option<String>,
) -> Result<RevokeResponse, Problem> {
    let (command, user) = (build_command(requester, valid_reason(reason)?), user_id(user)?);
    let now = requester.caller.now;
    admin::require_scope_over(app, &requester.caller, &user)?;
    let target = async { app.store().read_user_state(&user, now).await.map_err(Problem::from) };
    let (_, state) = tokio::try_join!(admin::require_admin_session(app, &requester.caller), target)?;
    let ends = end_many(app, &user, SessionSelector::All, &command, state).await?;
    Ok(RevokeResponse::new(app, ends, now))
}

/// Ends one session of a user.
pub(super) async fn end_session(
    app: &App,
    requester: &Requester,
    user: &str,
    id: &str,
    reason: Option<String>,
) -> Result<RevokeResponse, Problem> {
    let (command, user) = (build_command(requester, valid_reason(reason)?), user_id(Some(user.to_owned()))?);
    let id: SessionId = id.parse().map_err(|_| session_not_found())?;
    let now = requester.caller.now;
    admin::require_scope_over(app, &requester.caller, &user)?;
    let target = async { app.store().read_session(&user, &id, now).await.map_err(Problem::from) };
    let (_, row) = tokio::try_join!(admin::require_admin_session(app, &requester.caller), target)?;
    let end = command.build_end(&row.filter(|row| can_end(row, now)).ok_or_else(session_not_found)?);
    if end_one(app, &end, &[]).await? {
        Ok(RevokeResponse::new(app, vec![end], now))
    } else {
        Err(session_not_found())
    }
}

/// The body of a global revocation.
#[derive(Serialize)]
pub(super) struct GlobalRevocationResponse {
    /// From then on no instance accepts a session that the revocation ended.
    effective_at: Timestamp,
    /// A service that verifies tokens offline may accept an access token of these sessions until then.
    access_tokens_expire_by: Timestamp,
}

/// Ends all sessions that were opened until `before`, the administrator's own included.
pub(super) async fn end_everyone(
    app: &App,
    requester: &Requester,
    before: Option<String>,
    reason: Option<String>,
) -> Result<Json<GlobalRevocationResponse>, Problem> {
    let (caller, now) = (&requester.caller, requester.caller.now);
    let note = valid_reason(reason)?;
    let before = before.map_or(Ok(now), |text| moment(&text, now))?;
    admin::require_scope_over_everyone(app, caller)?;
    admin::require_recent_admin_session(app, caller).await?;
    let by = Actor::Admin(caller.user.clone());
    let kind = EventKind::EmergencyRevocation { before, by: by.clone(), note: note.clone() };
    let event = Event::about(Subject::Everyone, app.now_millis(), kind).from_client(&requester.client);
    let revocation = GlobalRevocation { not_before: Some(before), by, note: Some(note) };
    match app.store().end_everyone(&revocation, &event, now).await? {
        TransactionOutcome::Committed => app.on_recorded(&event),
        // An earlier call already ended all sessions until a later moment.
        TransactionOutcome::ConditionFailed => {}
        TransactionOutcome::Contended => return Err(StoreError::Contended.into()),
    }
    // Counted from the end of the write, because other instances may read the old row until then.
    let effective_at = app.now() + GLOBAL_REVOCATION_DELAY;
    let access_tokens_expire_by = effective_at + app.config().lifetimes.access;
    Ok(Json(GlobalRevocationResponse { effective_at, access_tokens_expire_by }))
}

/// The command of the requester, with the reason.
pub(super) fn build_command(requester: &Requester, reason: String) -> RevokeCommand<'_> {
    RevokeCommand {
        session: Some(requester.caller.session),
        client: &requester.client,
        reason: EndReason::Admin,
        by: Actor::Admin(requester.caller.user.clone()),
        note: Some(reason),
        suspension: None,
        now: requester.caller.now,
        attempts_until: None,
    }
}

/// The administrator's reason. It is recorded and shown, so that it must be printable.
pub(super) fn valid_reason(reason: Option<String>) -> Result<String, Problem> {
    let reason = reason.ok_or_else(|| Problem::field("reason", "is required for administrator actions"))?;
    let printable = !reason.chars().any(char::is_control) && !reason.trim().is_empty();
    let fits = reason.chars().count() <= REASON_MAX_CHARS;
    (printable && fits)
        .then_some(reason)
        .ok_or_else(|| Problem::field("reason", "expected 1 to 200 printable characters"))
}

/// The user that the call names.
pub(super) fn user_id(text: Option<String>) -> Result<UserId, Problem> {
    let text = text.ok_or_else(|| Problem::field("user_id", "is required"))?;
    text.parse().map_err(|error| Problem::field("user_id", error))
}

fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let wrong = || Problem::field("before", "expected an RFC 3339 time that is not in the future");
    Timestamp::parse_rfc3339(text).filter(|moment| *moment <= now).ok_or_else(wrong)
}
