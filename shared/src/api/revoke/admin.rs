//! The administrator's strategies: a user, one session of a user, everyone. Each names its reason.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::admin;
use super::super::revoke_response::{RevokeResponse, session_not_found};
use super::Asker;
use crate::app::App;
use crate::app::sign_out::{RevokeCommand, SessionSelector, can_end, end_many, end_one};
use crate::domain::event::{Event, EventKind, Subject};
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::end::{Actor, EndReason};
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::store::{EVERYONE_TAKES, GlobalRevocation, StoreError, TransactionOutcome};

/// The longest reason, in characters.
const REASON_MAX_CHARS: usize = 200;

/// Under how old the sign-in must be of whoever signs everyone out.
const FRESH: Duration = Duration::from_secs(15 * 60);

/// Ends all sessions of a user; sign-ins under way become void, too.
pub(super) async fn end_user(
    app: &App,
    asker: &Asker,
    user: Option<String>,
    reason: Option<String>,
) -> Result<RevokeResponse, Problem> {
    let (order, user) = (order(asker, reason)?, user_id(user)?);
    let now = asker.caller.now;
    admin::expects_scope(&asker.caller)?;
    let target = async { app.store().user(&user, now).await.map_err(Problem::from) };
    let (_, state) = tokio::try_join!(admin::own_row(app, &asker.caller), target)?;
    let ends = end_many(app, &user, SessionSelector::All, &order, state).await?;
    Ok(RevokeResponse::new(app, ends, now))
}

/// Ends one session of a user.
pub(super) async fn end_session(
    app: &App,
    asker: &Asker,
    user: &str,
    id: &str,
    reason: Option<String>,
) -> Result<RevokeResponse, Problem> {
    let (order, user) = (order(asker, reason)?, user_id(Some(user.to_owned()))?);
    let id: SessionId = id.parse().map_err(|_| session_not_found())?;
    let now = asker.caller.now;
    admin::expects_scope(&asker.caller)?;
    let target = async { app.store().session(&user, &id, now).await.map_err(Problem::from) };
    let (_, row) = tokio::try_join!(admin::own_row(app, &asker.caller), target)?;
    let end = order.end(&row.filter(|row| can_end(row, now)).ok_or_else(session_not_found)?);
    if end_one(app, &end, &[]).await? {
        Ok(RevokeResponse::new(app, vec![end], now))
    } else {
        Err(session_not_found())
    }
}

/// Signs everyone out: sessions opened until `before` are over, the administrator's own among them.
pub(super) async fn end_everyone(
    app: &App,
    asker: &Asker,
    before: Option<String>,
    reason: Option<String>,
) -> Result<Response, Problem> {
    let (caller, now) = (&asker.caller, asker.caller.now);
    let note = note(reason)?;
    let before = before.map_or(Ok(now), |text| moment(&text, now))?;
    admin::expects_scope(caller)?;
    let row = admin::own_row(app, caller).await?;
    if now >= row.auth_time + FRESH {
        return Err(Problem::reauthentication_required(FRESH));
    }
    let by = caller.user.clone();
    let kind = EventKind::EmergencyRevocation { before, by: by.clone(), note: note.clone() };
    let event = Event::about(Subject::Everyone, app.now_millis(), kind);
    let revocation = GlobalRevocation { not_before: Some(before), by: Some(by), note: Some(note) };
    match app.store().end_everyone(&revocation, &event, now).await? {
        TransactionOutcome::Committed => app.on_recorded(&event),
        // They are out already, until a later moment than this one.
        TransactionOutcome::ConditionFailed => {}
        TransactionOutcome::Contended => return Err(StoreError::Contended.into()),
    }
    // From the end of the write, which the request's own moment is before.
    let effective_at = app.now() + EVERYONE_TAKES;
    let answer = json!({
        "effective_at": effective_at.to_rfc3339(),
        "access_tokens_expire_by": (effective_at + app.config().lifetimes.access).to_rfc3339(),
    });
    Ok(Json(answer).into_response())
}

fn order(asker: &Asker, reason: Option<String>) -> Result<RevokeCommand<'_>, Problem> {
    Ok(RevokeCommand {
        session: asker.caller.session,
        client: &asker.client,
        reason: EndReason::Admin,
        by: Actor::Admin(asker.caller.user.clone()),
        note: Some(note(reason)?),
        now: asker.caller.now,
    })
}

/// The reason goes into the record and is read by people.
fn note(reason: Option<String>) -> Result<String, Problem> {
    let reason = reason.ok_or_else(|| Problem::field("reason", "is missing: an administrator says why"))?;
    let printable = !reason.chars().any(char::is_control) && !reason.trim().is_empty();
    let fits = reason.chars().count() <= REASON_MAX_CHARS;
    (printable && fits)
        .then_some(reason)
        .ok_or_else(|| Problem::field("reason", "expected 1 to 200 printable characters"))
}

fn user_id(text: Option<String>) -> Result<UserId, Problem> {
    let text = text.ok_or_else(|| Problem::field("user_id", "is missing"))?;
    text.parse().map_err(|error| Problem::field("user_id", error))
}

fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let wrong = || Problem::field("before", "expected an RFC 3339 time that is not in the future");
    Timestamp::parse_rfc3339(text).filter(|moment| *moment <= now).ok_or_else(wrong)
}

/// The code is one of RFC 9470's: a fresh sign-in mends it.
impl Problem {
    fn reauthentication_required(max_age: Duration) -> Self {
        let seconds = max_age.as_secs();
        let challenge = format!("Bearer error=\"insufficient_user_authentication\", max_age=\"{seconds}\"");
        Self::of(Code::ReauthenticationRequired)
            .with_header(http::header::WWW_AUTHENTICATE, &challenge)
            .with_member("max_age", seconds.into())
    }
}
