//! `GET /revoke`: what was revoked, when, why and by whom.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::general_limit::limited;
use super::super::target_user::TargetUser;
use crate::app::App;
use crate::domain::event::StoredEvent;
use crate::domain::id::{IdError, SessionId, UserId};
use crate::domain::session::end::{Actor, EndReason, EndRecord};
use crate::domain::time::Timestamp;
use crate::http::body::parameter;
use crate::http::caller::Caller;
use crate::http::client::Client;
use crate::http::problem::Problem;
use crate::store::TrailQuery;

/// How many are shown.
const NEWEST: usize = 100;

/// Pages of the trail that one call looks at, a thousand events each: a long history must not make it dear.
const PAGES_MAX: usize = 5;

/// One revocation.
struct Revocation {
    session: Option<SessionId>,
    reason: EndReason,
    note: Option<String>,
    by: String,
    at: Timestamp,
}

pub(super) async fn history(
    State(app): State<App>,
    caller: Caller,
    Client(client): Client,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let subject = TargetUser::of(&query, &caller)?;
    let session: Option<SessionId> = parameter(&query, "session_id")?
        .map(|text| text.parse())
        .transpose()
        .map_err(|error: IdError| Problem::field("session_id", error))?;
    let user = subject.user(&caller).clone();
    let look = async {
        let revocations = async { revocations(&app, &user, session).await };
        tokio::try_join!(subject.look(&app, &caller), revocations)
    };
    limited(&app, &caller, &client, look, |(state, revocations)| {
        let shown: Vec<Value> = revocations.iter().map(|entry| entry.shown(subject.is_other())).collect();
        let valid_after = state.record.tokens_valid_after.map(Timestamp::to_rfc3339);
        Ok(Json(json!({"user_id": user, "tokens_valid_after": valid_after, "revocations": shown}))
            .into_response())
    })
    .await
}

/// Of one session its record; of a user the newest ends that somebody or something caused: expiry is none.
async fn revocations(
    app: &App,
    user: &UserId,
    session: Option<SessionId>,
) -> Result<Vec<Revocation>, Problem> {
    if let Some(id) = session {
        let record = app.store().end_record(&id).await?;
        // Somebody else's session is as unknown as one that never was.
        let record = record.filter(|record| record.user == *user && record.reason != EndReason::Expired);
        return Ok(record.into_iter().map(|record| Revocation::of_record(id, record)).collect());
    }
    let mut wanted = TrailQuery {
        event_type: Some("session_ended".into()),
        without_expired: true,
        limit: NEWEST,
        ..TrailQuery::default()
    };
    let mut found: Vec<Revocation> = vec![];
    for _ in 0..PAGES_MAX {
        let trail = app.store().trail(user, &wanted).await?;
        found.extend(trail.events.iter().filter_map(Revocation::of_event));
        wanted.before = trail.next;
        if found.len() >= NEWEST || trail.next.is_none() {
            break;
        }
    }
    found.truncate(NEWEST);
    Ok(found)
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
            by: text("by").unwrap_or_else(|| Actor::System.as_str().to_owned()),
            at: event.created_at,
        })
    }

    /// An administrator sees the exact reason, a user the public one.
    fn shown(&self, for_admin: bool) -> Value {
        let public = json!(self.reason.public());
        json!({
            "session_id": self.session,
            "reason": if for_admin { json!(self.reason.as_str()) } else { public },
            "note": self.note,
            "by": self.by,
            "at": self.at.to_rfc3339(),
        })
    }
}
