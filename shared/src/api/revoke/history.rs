//! `GET /revoke`: the revocations of the sessions of a user, with time, reason and actor.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::admin;
use super::super::general_limit::limited;
use super::super::target_user::TargetUser;
use crate::app::App;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::StoredEvent;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::{IdError, SessionId, UserId};
use crate::domain::scope::ADMIN;
use crate::domain::session::end::{EndReason, EndRecord, PublicReason};
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::{Code, Problem};
use crate::store::{AuditQuery, UserState};

/// Revocations in one response, the newest ones.
const NEWEST: usize = 100;

/// Pages of the audit trail that one call reads, up to a thousand events each, so that a long history does not
/// make the call expensive.
const PAGES_MAX: usize = 5;

/// The body of `GET /revoke`.
#[derive(Serialize)]
struct HistoryResponse {
    user_id: UserId,
    /// Sign-ins before this moment are invalid.
    tokens_valid_after: Option<Timestamp>,
    /// The suspension of the user, if the user is suspended.
    suspension: Option<SuspensionView>,
    revocations: Vec<RevocationView>,
}

/// A suspension. Only administrators see one, because a suspended user has no session.
#[derive(Serialize)]
struct SuspensionView {
    note: String,
    by: Actor,
    since: Timestamp,
    until: Option<Timestamp>,
}

/// One revocation, as the caller may see it.
#[derive(Serialize)]
struct RevocationView {
    session_id: Option<SessionId>,
    reason: ReasonView,
    note: Option<String>,
    by: Actor,
    at: Timestamp,
}

/// Administrators see the exact reason, users the public one.
#[derive(Serialize)]
#[serde(untagged)]
enum ReasonView {
    Exact(&'static str),
    Public(PublicReason),
}

struct Revocation {
    session: Option<SessionId>,
    reason: EndReason,
    note: Option<String>,
    by: Actor,
    at: Timestamp,
}

pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let target = TargetUser::of(&app, &query, &caller)?;
    let session: Option<SessionId> = parameter(&query, "session_id")?
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: IdError| Problem::field("session_id", error))?;
    let names_user = parameter(&query, "user_id")?.is_some();
    let read = async {
        if let Some(id) = session.filter(|_| !names_user && caller.scope.has(ADMIN)) {
            return look_up(&app, &caller, &client, id).await;
        }
        let user = target.user(&caller).clone();
        let revocations = async { revocations(&app, &user, session).await };
        let (state, revocations) = tokio::try_join!(target.read_state(&app, &caller, &client), revocations)?;
        Ok((user, state, revocations))
    };
    let body = |(user, state, revocations): (UserId, UserState, Vec<Revocation>)| {
        let is_other = user != caller.user;
        HistoryResponse {
            user_id: user,
            tokens_valid_after: state.record.tokens_valid_after,
            suspension: state.suspension(caller.now).cloned().map(SuspensionView::new),
            revocations: revocations.into_iter().map(|entry| entry.view(is_other)).collect(),
        }
    };
    limited(&app, &caller, &client, read, |found| Ok(Json(body(found)).into_response())).await
}

/// The revocation of a session whose user the administrator does not name. An empty list would look like an answer, so
/// that a session without an end record is 404.
async fn look_up(
    app: &App,
    caller: &Caller,
    client: &ClientContext,
    id: SessionId,
) -> Result<(UserId, UserState, Vec<Revocation>), Problem> {
    let record = async { app.store().end_record(&id).await.map_err(Problem::from) };
    let (_, record) = tokio::try_join!(admin::require_admin_session(app, caller), record)?;
    let is_visible = |record: &EndRecord| {
        record.reason != EndReason::Expired && admin::reaches(app, caller, Some(&record.user))
    };
    let record = record.filter(is_visible);
    let record = record.ok_or_else(|| {
        Problem::of(Code::NotFound).detail("no revoked session has this id; name its user with `user_id`")
    })?;
    let state = app.store().read_user_state(&record.user, caller.now).await?;
    admin::record_reading(app, caller, client, ReadTarget::User(record.user.clone())).await?;
    Ok((record.user.clone(), state, vec![Revocation::of_record(id, record)]))
}

/// The end record of one session, or the newest ends in a user's audit trail. Expired sessions are left out,
/// because expiry is no revocation.
async fn revocations(
    app: &App,
    user: &UserId,
    session: Option<SessionId>,
) -> Result<Vec<Revocation>, Problem> {
    if let Some(id) = session {
        let record = app.store().end_record(&id).await?;
        // A session of another user is treated like an unknown one.
        let record = record.filter(|record| record.user == *user && record.reason != EndReason::Expired);
        return Ok(record.into_iter().map(|record| Revocation::of_record(id, record)).collect());
    }
    let mut wanted = AuditQuery {
        event_type: Some("session_ended".into()),
        without_expired: true,
        limit: NEWEST,
        ..AuditQuery::default()
    };
    let mut found: Vec<Revocation> = vec![];
    for _ in 0..PAGES_MAX {
        let trail = app.store().read_audit_page(user, &wanted).await?;
        found.extend(trail.events.iter().filter_map(Revocation::of_event));
        wanted.before = trail.next;
        if found.len() >= NEWEST || trail.next.is_none() {
            break;
        }
    }
    found.truncate(NEWEST);
    Ok(found)
}

impl SuspensionView {
    fn new(Suspension { note, by, since, until }: Suspension) -> Self {
        Self { note, by, since, until }
    }
}

impl Revocation {
    fn of_record(session: SessionId, record: EndRecord) -> Self {
        let EndRecord { reason, note, by, at, .. } = record;
        Self { session: Some(session), reason, note, by, at }
    }

    fn of_event(event: &StoredEvent) -> Option<Self> {
        let text = |name: &str| event.details[name].as_str().map(str::to_owned);
        Some(Self {
            session: event.session,
            reason: EndReason::parse(&text("reason")?)?,
            note: text("note"),
            by: serde_json::from_value(event.details["by"].clone()).unwrap_or_default(),
            at: event.created_at,
        })
    }

    fn view(self, for_admin: bool) -> RevocationView {
        let exact = ReasonView::Exact(self.reason.as_str());
        let reason = if for_admin { exact } else { ReasonView::Public(self.reason.public()) };
        RevocationView { session_id: self.session, reason, note: self.note, by: self.by, at: self.at }
    }
}
