//! A refresh token that is evidence against its own session: an older one without evidence of its owner, or one that is
//! newer than its row. Refreshing, signing in and signing out with it all end the session in the same way.

use std::time::Duration;

use crate::app::App;
use crate::domain::actor::Actor;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::Session;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::session::evidence::{Evidence, EvidenceRules};
use crate::domain::session::last_rotation::LastRotation;
use crate::domain::session::presented::Presented;
use crate::domain::session::rotation::evidence_of;
use crate::domain::time::Timestamp;
use crate::store::StoreError;

/// How long an instance remembers that it reported a token of an ended session: 1 d.
const REPORTED_ONCE_IN: Duration = Duration::from_secs(86_400);

/// The end of a session because of a presented token, with its critical event.
pub(crate) struct Theft {
    /// The end.
    pub(crate) end: SessionEnd,
    /// The event.
    pub(crate) event: Event,
}

impl Theft {
    /// The end of the live session `row`, if the presented token is evidence against it. The token's nonce has been
    /// compared with the row's.
    pub(crate) fn shown_by(app: &App, presented: &Presented<'_>, row: &Session) -> Option<Self> {
        // The browser proves a key in the device in its own requests only. So the evidence of an unbound session counts here, and
        // an owner whose last rotation was lost does not look like a thief.
        let unbound = row.has_device_key_only().then(|| Session { bound_key: None, ..row.clone() });
        let weighed = unbound.as_ref().unwrap_or(row);
        match evidence_of(presented, weighed, &EvidenceRules::of(&app.config().lifetimes)) {
            Evidence::Reuse => Some(Self::reuse(app, presented, row)),
            Evidence::Regression => Some(Self::regression(app, presented, row)),
            Evidence::Rotate
            | Evidence::Replay
            | Evidence::ProvenReplay
            | Evidence::RecordedReplay
            | Evidence::Superseded => None,
        }
    }

    /// An older token without evidence of its owner.
    pub(crate) fn reuse(app: &App, presented: &Presented<'_>, row: &Session) -> Self {
        let kind = token_reused(presented, row.generation, row.client.device.label());
        Self::of(app, presented, row, EndReason::ReuseDetected, kind)
    }

    /// A token that is newer than its row.
    pub(crate) fn regression(app: &App, presented: &Presented<'_>, row: &Session) -> Self {
        let kind = EventKind::StateRegression {
            presented: presented.token.generation,
            current: row.generation,
            ended_device: row.client.device.label(),
        };
        Self::of(app, presented, row, EndReason::StateRegression, kind)
    }

    fn of(app: &App, presented: &Presented<'_>, row: &Session, reason: EndReason, kind: EventKind) -> Self {
        let pending = PendingEnd::new(reason, Actor::System, presented.now);
        Self {
            end: SessionEnd::of(row, pending),
            event: Event::new(&row.user, row.id, app.now_millis(), kind).from_client(presented.client),
        }
    }
}

/// Records that another client presents an older token of a session that has ended: an owner must be able to see that
/// their older token arrives after a thief has signed out. `row` is the session's row: it is there while its end is pending,
/// and afterwards the end record has the same facts. Returns why the session ended, if it is known.
///
/// The event's id is derived from the presented generation and the hour, and an instance reports it once, so that a client
/// that repeats its request raises one alert. If the session ended as reuse, the theft has been reported.
///
/// # Errors
/// The store failed. The event must not be lost, because the client deletes its token after the answer: it repeats the request.
pub(crate) async fn report_reuse_after_end(
    app: &App,
    presented: &Presented<'_>,
    row: Option<&Session>,
) -> Result<Option<EndReason>, StoreError> {
    let token = presented.token;
    let (reason, at, last) = if let Some(row) = row {
        let is_proven = row.nonce_hash == token.nonce.hash();
        let Some(pending) = row.pending_end.as_ref().filter(|_| is_proven) else { return Ok(None) };
        (pending.reason, pending.at, Some(LastRotation::of(row)))
    } else {
        let Some(record) = app.store().end_record(&token.session).await? else { return Ok(None) };
        (record.reason, record.at, record.last.filter(|_| record.user == token.user))
    };
    let is_reported = reason == EndReason::ReuseDetected;
    if let Some(last) = last.filter(|last| !is_reported && last.is_foreign(presented, at)) {
        report_foreign(app, presented, &last, at).await?;
    }
    Ok(Some(reason))
}

async fn report_foreign(
    app: &App,
    presented: &Presented<'_>,
    last: &LastRotation,
    ended_at: Timestamp,
) -> Result<(), StoreError> {
    let (token, now) = (presented.token, presented.now);
    let what = format!("reused {} after the end", token.generation);
    let reported = format!("{what} {}", token.session);
    if app.refusal_cache().until(&reported, now).is_some() {
        return Ok(());
    }
    let kind = token_reused(presented, last.generation, last.client.device.label());
    let event = Event::once_an_hour(&token.user, token.session, ended_at, now, &what, kind);
    let event = event.from_client(presented.client);
    app.store().record(std::slice::from_ref(&event)).await?;
    app.on_recorded(&event);
    app.refusal_cache().remember(&reported, now + REPORTED_ONCE_IN, now);
    Ok(())
}

fn token_reused(presented: &Presented<'_>, current: u64, ended_device: String) -> EventKind {
    EventKind::TokenReused { presented: presented.token.generation, current, ended_device }
}
