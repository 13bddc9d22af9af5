//! Look-ups for administrators that know an event or a session and no user: from an alert or a log to the user.

use uuid::Uuid;

use super::super::admin;
use super::super::target_user::TargetUser;
use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{SessionId, UserId};
use crate::domain::scope::ADMIN;
use crate::http::caller::Caller;
use crate::http::problem::{Code, Problem};
use crate::store::AuditPage;

/// A page of events, and the user in whose trail they are.
pub(super) struct Trail {
    pub(super) user: Option<UserId>,
    pub(super) page: AuditPage,
}

/// The events that `GET /sessions/events` reads.
pub(super) enum Selection {
    /// The trail of the caller, or of the user of `?user_id=`.
    Trail,
    /// One event, of a user that need not be named.
    Event(Uuid),
    /// The trail of the user of a session. Only for administrators that name no user.
    TrailOfSession(SessionId),
}

impl Selection {
    /// Decides what to read.
    ///
    /// # Errors
    /// `invalid_request` for an administrator that filters the events of no particular user: a list of the administrator's
    /// own events would look like an answer about all users.
    pub(super) fn of(
        event: Option<Uuid>,
        session: Option<SessionId>,
        filter: Option<&'static str>,
        names_user: bool,
        caller: &Caller,
    ) -> Result<Self, Problem> {
        if let Some(event) = event {
            return Ok(Self::Event(event));
        }
        if names_user || !caller.scope.has(ADMIN) {
            return Ok(Self::Trail);
        }
        match (session, filter) {
            (Some(session), _) => Ok(Self::TrailOfSession(session)),
            (None, None) => Ok(Self::Trail),
            (None, Some(filter)) => {
                let expected =
                    format!("is required with `{filter}` for administrators: name a user, or your own id");
                Err(Problem::field("user_id", expected))
            }
        }
    }
}

/// Reads one event: of the caller or the named user, or for an administrator the event of any alert.
pub(super) async fn event(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    (target, names_user): (&TargetUser, bool),
    id: Uuid,
) -> Result<Trail, Problem> {
    let of_user = async {
        let found = app.store().event_of_user(target.user(caller), id).await?;
        Ok::<_, Problem>(found.map(|event| (Some(target.user(caller).clone()), event)))
    };
    let found = if names_user || !caller.scope.has(ADMIN) {
        tokio::try_join!(target.read_state(app, caller, client), of_user)?.1
    } else {
        let of_alert = async { app.store().find_event(id).await.map_err(Problem::from) };
        let (_, found) = tokio::try_join!(admin::require_admin_session(app, caller), of_alert)?;
        match found.filter(|found| admin::reaches(app, caller, found.user.as_ref())) {
            Some(found) => {
                let target = found.user.clone().map_or(ReadTarget::Everyone, ReadTarget::User);
                admin::record_reading(app, caller, client, target).await?;
                Some((found.user, found.event))
            }
            None => of_user.await?,
        }
    };
    let (user, event) = found.ok_or_else(|| {
        Problem::of(Code::NotFound)
            .detail("no such event; without `user_id`, only events of an alert are found")
    })?;
    Ok(Trail { user, page: AuditPage { events: vec![event], next: None } })
}

/// The user of a session that is live or was revoked.
pub(super) async fn user_of_session(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    id: &SessionId,
) -> Result<UserId, Problem> {
    let lifetime = app.config().lifetimes.refresh;
    let user = async { app.store().find_user(id, lifetime, caller.now).await.map_err(Problem::from) };
    let (_, user) = tokio::try_join!(admin::require_admin_session(app, caller), user)?;
    let user = user.filter(|user| admin::reaches(app, caller, Some(user))).ok_or_else(|| {
        Problem::of(Code::NotFound)
            .detail("no live or revoked session has this id; name its user with `user_id`")
    })?;
    admin::record_reading(app, caller, client, ReadTarget::User(user.clone())).await?;
    Ok(user)
}
