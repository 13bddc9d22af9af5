//! Sign-out and revocation: a session's row, its event and its end record change in one transaction.
//!
//! Refreshes of the same session can make that transaction conflict, and sign-ins of the same user can make its condition
//! fail. After some failures the end is written as a mark on the row (a pending end) by a single write, which cannot be
//! starved. Every reader treats a marked session as ended, and the transaction follows.

use std::mem;
use std::time::Instant;

use crate::app::App;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind, Subject};
use crate::domain::id::{SessionId, UserId};
use crate::domain::logout_order::{LogoutOrder, OrderSubject};
use crate::domain::session::Session;
use crate::domain::session::end::{EndReason, PendingEnd, SessionEnd};
use crate::domain::severity::Severity;
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;
use crate::store::backoff::back_off;
use crate::store::{
    EndOutcome, StoreError, TransactionOutcome, UserRecord, UserRecordUpdate, UserState, VoidedAssertions,
};

/// Failed attempts after which the end is marked on the row.
const CONFLICTS_BEFORE_MARK: u32 = 3;

/// Attempts before a contended end fails with 503. The mark stays on the row.
const ATTEMPTS: u32 = 12;

/// Sessions that end in one transaction: three writes each, plus the user record, within DynamoDB's 100.
const ENDS_PER_TRANSACTION: usize = 30;

/// The sessions of a user that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSelector<'s> {
    /// All of them. Sign-ins in progress become invalid, too.
    All,
    /// All except this one.
    Others(SessionId),
    /// These. Sign-ins in progress stay valid.
    Listed(&'s [SessionId]),
    /// Those that the identity provider ordered to end. If the order names the user, unused assertions become void, too.
    Ordered(&'s LogoutOrder),
}

/// The request to end sessions: its actor, its reason and its client.
#[derive(Clone, Debug)]
pub struct RevokeCommand<'o> {
    /// The caller's session, if the caller has one.
    pub session: Option<SessionId>,
    /// Where the request comes from.
    pub client: &'o ClientContext,
    /// The reason of the ends.
    pub reason: EndReason,
    /// The actor.
    pub by: Actor,
    /// The administrator's reason.
    pub note: Option<String>,
    /// The suspension that begins with the ends.
    pub suspension: Option<Suspension>,
    /// The time of the request.
    pub now: Timestamp,
    /// No attempt begins after this time, and no mark of a pending end. `None`: the request's own deadline is enough.
    pub attempts_until: Option<Instant>,
}

impl SessionSelector<'_> {
    /// Reads the rows for the next attempt.
    async fn read(self, app: &App, user: &UserId, now: Timestamp) -> Result<UserState, StoreError> {
        match self {
            Self::Listed(_) => app.store().read_sessions_only(user, now).await,
            Self::All | Self::Others(_) | Self::Ordered(_) => app.store().read_user_state(user, now).await,
        }
    }

    /// The change of the user record: which assertions become void, if they are not void already. `None` for listed sessions:
    /// no sign-in can open one of them again, so that their end does not depend on the version of the user record. Otherwise an
    /// attacker could delay it by signing in as the user again and again.
    fn record_update<'r>(self, record: &'r UserRecord, now: Timestamp) -> Option<UserRecordUpdate<'r>> {
        let voids = match self {
            Self::Listed(_) => return None,
            Self::All => Some(VoidedAssertions::Before(now)),
            Self::Others(_) => None,
            Self::Ordered(LogoutOrder { subject, until }) => match subject {
                OrderSubject::User(_) => Some(VoidedAssertions::OrderedUntil(*until)),
                // The row of the session at the provider voids those that name it.
                OrderSubject::Upstream { user: Some(_), .. } => Some(VoidedAssertions::UnmarkedUntil(*until)),
                OrderSubject::Upstream { user: None, .. } => None,
            },
        };
        let voids = voids.filter(|assertions| !record.has_voided(*assertions));
        Some(UserRecordUpdate { record, voids, suspension: None })
    }
}

impl<'o> RevokeCommand<'o> {
    /// A user ends sessions of their own.
    pub fn of_user(session: SessionId, client: &'o ClientContext, now: Timestamp) -> Self {
        Self {
            session: Some(session),
            client,
            reason: EndReason::SignedOut,
            by: Actor::User,
            note: None,
            suspension: None,
            now,
            attempts_until: None,
        }
    }

    /// The end of a session under this command.
    pub fn build_end(&self, session: &Session) -> SessionEnd {
        let pending = PendingEnd::new(self.reason, self.by.clone(), self.now);
        SessionEnd::of(session, PendingEnd { note: self.note.clone(), ..pending })
    }

    /// The events besides the ends themselves: that the user signed out, and from where, or was suspended.
    pub fn events(&self, app: &App, user: &UserId, ended: usize) -> Vec<Event> {
        if let Some(suspension) = &self.suspension {
            return vec![suspended(user, suspension)];
        }
        let Some(session) = self.session.filter(|_| self.by == Actor::User && ended > 0) else {
            return vec![];
        };
        let event = Event::new(user, session, app.now_millis(), EventKind::Logout { ended });
        vec![event.from_client(self.client)]
    }
}

/// Ends one session and writes `events`. Returns false if another request had already ended it. An event that is in the audit trail
/// stays as it is.
///
/// *Atomicity*: one transaction.
///
/// # Errors
/// The store failed, or the row stayed contended. Nothing is half written; the call can be repeated.
pub async fn end_one(app: &App, end: &SessionEnd, events: &[Event]) -> Result<bool, StoreError> {
    let (mut marked, mut unwritten) = (vec![], events);
    for attempt in 0..ATTEMPTS {
        // The events may be alerts, so that they do not wait for the transaction any longer.
        if attempt == CONFLICTS_BEFORE_MARK {
            app.record_new(mem::take(&mut unwritten)).await?;
        }
        match app.store().end_session(end, unwritten, app.now_millis()).await? {
            EndOutcome::Committed => {
                count_end(app, end);
                unwritten.iter().for_each(|event| app.on_recorded(event));
                return Ok(true);
            }
            EndOutcome::EventExists => app.record_new(mem::take(&mut unwritten)).await?,
            EndOutcome::ConditionFailed => {
                let row = app.store().read_session(&end.user, &end.session, app.now()).await?;
                let Some(other) = row.as_ref().and_then(SessionEnd::marked) else {
                    // The row is gone. If our mark was on it, the other request recorded this end.
                    return Ok(!marked.is_empty());
                };
                // Another end was marked first. That end is recorded, or at least listed, because this caller takes the session
                // for ended, and the request that marked it may have failed before it listed it.
                if !record_pending_end(app, &other).await {
                    app.store().list_in_feed(&[other], app.now_millis()).await?;
                }
                return Ok(false);
            }
            EndOutcome::Contended => {
                marked.extend(mark_or_wait(app, std::slice::from_ref(end), attempt).await?);
            }
        }
    }
    Err(StoreError::Contended)
}

/// Records the end that is marked on a row. Tries once, because the next request or cleanup tries again. Returns whether the end is
/// recorded, by this request or another one.
pub async fn record_pending_end(app: &App, end: &SessionEnd) -> bool {
    match app.store().end_session(end, &[], app.now_millis()).await {
        Ok(EndOutcome::Committed) => {
            count_end(app, end);
            true
        }
        // Without events, no event can exist.
        Ok(EndOutcome::ConditionFailed | EndOutcome::EventExists) => true,
        Ok(EndOutcome::Contended) => {
            tracing::warn!(session_id = %end.session, "the end of a session is marked and not yet recorded");
            false
        }
        Err(error) => {
            tracing::warn!(session_id = %end.session, %error, "the end of a session is marked and not yet recorded");
            false
        }
    }
}

/// Ends many sessions of a user, starting from `state`, which was just read. Returns the ended sessions. A session that another call has
/// marked is among them if this call records its end, so that two calls can return it.
///
/// *Atomicity*: one transaction for up to 30 sessions. After three conflicts each session is marked by a write of its own, so that it ends
/// at a moment of its own.
///
/// # Errors
/// As [`end_one`].
pub async fn end_many(
    app: &App,
    user: &UserId,
    selector: SessionSelector<'_>,
    command: &RevokeCommand<'_>,
    state: UserState,
) -> Result<Vec<SessionEnd>, StoreError> {
    let (mut state, mut ended, mut marked, mut events_recorded) = (state, vec![], vec![], false);
    let mut suspended = false;
    for attempt in 0..ATTEMPTS {
        // Another administrator has lifted the suspension meanwhile, so that the user may have signed in again.
        if suspended && state.suspension(command.now).is_none() {
            state.sessions.retain(|session| session.created_at <= command.now);
        }
        let mut ends = selected_ends(&state, selector, command);
        let surplus = ends.len() > ENDS_PER_TRANSACTION;
        ends.truncate(ENDS_PER_TRANSACTION);
        let suspension = command.suspension.as_ref().filter(|_| !suspended);
        let record_update = selector.record_update(&state.record, command.now);
        if ends.is_empty() && record_update.is_none_or(|update| update.voids.is_none()) {
            return Ok(with_marked(ended, marked));
        }
        let record_update = record_update.map(|update| UserRecordUpdate { suspension, ..update });
        let events =
            if events_recorded || suspended { vec![] } else { command.events(app, user, ends.len()) };
        match app.store().end_many(user, &ends, record_update, &events, app.now_millis()).await? {
            TransactionOutcome::Committed => {
                ends.iter().for_each(|end| count_end(app, end));
                events.iter().for_each(|event| app.on_recorded(event));
                ended.append(&mut ends);
                events_recorded = false;
                suspended |= suspension.is_some();
                if !surplus {
                    return Ok(with_marked(ended, marked));
                }
            }
            TransactionOutcome::ConditionFailed | TransactionOutcome::Contended => {
                // Marks whose request ends before it has listed them in the revocation feed would mislead verifiers.
                if command.attempts_until.is_some_and(|until| Instant::now() > until) {
                    return Err(StoreError::Contended);
                }
                let now_marked = mark_or_wait(app, &ends, attempt).await?;
                // Other requests may record the marked ends before this one does, and they do not write our events. The event
                // of a suspension is not about the ends, and must not exist without it.
                if !now_marked.is_empty() && !events.is_empty() && command.suspension.is_none() {
                    app.store().record(&events).await?;
                    events.iter().for_each(|event| app.on_recorded(event));
                    events_recorded = true;
                }
                marked.extend(now_marked);
            }
        }
        // Sign-ins, for example of an attacker, could make the transaction fail again and again. From now on they are refused. The
        // suspension is written once: the next attempts only end sessions, so that they cannot undo a resumption.
        if let Some(suspension) = suspension.filter(|_| !suspended)
            && attempt + 1 >= CONFLICTS_BEFORE_MARK
        {
            let events = command.events(app, user, 0);
            suspended =
                app.store().suspend(user, suspension, &events).await? == TransactionOutcome::Committed;
            if suspended {
                events.iter().for_each(|event| app.on_recorded(event));
            }
        }
        state = selector.read(app, user, command.now).await?;
    }
    Err(StoreError::Contended)
}

/// The event of a suspension. Its id is derived from it, so that a second attempt writes the same event again.
fn suspended(user: &UserId, suspension: &Suspension) -> Event {
    let name = format!("suspended {user} {suspension:?}");
    let kind = EventKind::AccountSuspended(suspension.clone());
    Event::with_derived_id(Subject::User(user.clone()), None, suspension.since, &name, kind)
}

/// Whether a session can be ended: it may be live on some instance, or its end is marked and not recorded. A session that
/// a global revocation ended cannot be ended again; its client's next request or cleanup writes its record.
pub fn can_end(session: &Session, now: Timestamp) -> bool {
    session.may_be_live(now) || session.pending_end.as_ref().is_some_and(|end| !end.by_global_revocation)
}

/// Counts the end of a session and its event.
pub(crate) fn count_end(app: &App, end: &SessionEnd) {
    app.metrics().ended(end.reason.public());
    app.metrics().event(Severity::Info);
}

fn selected_ends(
    state: &UserState,
    selector: SessionSelector<'_>,
    command: &RevokeCommand<'_>,
) -> Vec<SessionEnd> {
    let is_selected = |session: &&Session| match selector {
        SessionSelector::All => true,
        SessionSelector::Others(own) => session.id != own,
        SessionSelector::Listed(ids) => ids.contains(&session.id),
        SessionSelector::Ordered(order) => order.ends(session),
    };
    let candidates = state.sessions.iter().filter(|session| can_end(session, command.now));
    candidates.filter(is_selected).map(|session| command.build_end(session)).collect()
}

/// The ended sessions, plus those that were marked here and then recorded by another request.
fn with_marked(mut ended: Vec<SessionEnd>, marked: Vec<SessionEnd>) -> Vec<SessionEnd> {
    for end in marked {
        if ended.iter().all(|known| known.session != end.session) {
            ended.push(end);
        }
    }
    ended
}

/// After a failed attempt: waits, and at the third one marks the ends first. Returns the marked ends. The revocation feed lists
/// them, also if another mark fails, because the transaction may never be committed by this request.
async fn mark_or_wait(app: &App, ends: &[SessionEnd], attempt: u32) -> Result<Vec<SessionEnd>, StoreError> {
    let (mut marked, mut failed) = (vec![], None);
    if attempt + 1 == CONFLICTS_BEFORE_MARK {
        for end in ends {
            match app.store().mark_pending_end(end).await {
                Ok(true) => marked.push(end.clone()),
                Ok(false) => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        app.store().list_in_feed(&marked, app.now_millis()).await?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    back_off(attempt).await;
    Ok(marked)
}
