//! How does a session end for good? Row, event and record in one transaction, whoever is in the way.

use crate::app::App;
use crate::domain::client_context::ClientContext;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::session::end::{Actor, EndReason, PendingEnd, SessionEnd};
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::store::backoff::back_off;
use crate::store::{StoreError, TransactionOutcome, UserRecordUpdate, UserState};

/// Conflicts after which an end is marked by a single write, which cannot be starved.
const CONFLICTS_BEFORE_MARK: u32 = 3;

/// Attempts before a contended end gives up with 503; the mark stays and every reader honours it.
const ATTEMPTS: u32 = 12;

/// The most sessions that end in one transaction: three writes each, and the head, within 100.
const ENDS_PER_TRANSACTION: usize = 30;

/// Which of a user's sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSelector {
    /// All of them; sign-ins under way become void, too.
    All,
    /// All but this one.
    Others(SessionId),
}

/// Who wants sessions ended, why, and from where.
#[derive(Clone, Debug)]
pub struct RevokeCommand<'o> {
    /// The session that it was given in.
    pub session: SessionId,
    /// From where and with what.
    pub client: &'o ClientContext,
    /// Why.
    pub reason: EndReason,
    /// By whom.
    pub by: Actor,
    /// An administrator's words.
    pub note: Option<String>,
    /// When.
    pub now: Timestamp,
}

impl<'o> RevokeCommand<'o> {
    /// A user signs out, here or elsewhere.
    pub fn of_user(session: SessionId, client: &'o ClientContext, now: Timestamp) -> Self {
        Self { session, client, reason: EndReason::SignedOut, by: Actor::User, note: None, now }
    }

    /// What becomes of a session under this command.
    pub fn build_end(&self, session: &Session) -> SessionEnd {
        let ending = PendingEnd::new(self.reason, self.by.clone(), self.now);
        SessionEnd::of(session, PendingEnd { note: self.note.clone(), ..ending })
    }

    /// What is told of it beside the ends: that the user signed out, and from where.
    pub fn events(&self, app: &App, user: &UserId, ended: usize) -> Vec<Event> {
        if self.by != Actor::User || ended == 0 {
            return vec![];
        }
        let kind = EventKind::Logout { ip: self.client.ip, device: self.client.device.label(), ended };
        vec![Event::new(user, self.session, app.now_millis(), kind)]
    }
}

/// Ends one session, with what else is to be told of it; false when it was gone already, by another's hand.
///
/// # Errors
/// The store cannot say, or the row stayed contended. Nothing is half done: repeat it.
pub async fn end_one(app: &App, end: &SessionEnd, events: &[Event]) -> Result<bool, StoreError> {
    let ends = std::slice::from_ref(end);
    let mut marked = vec![];
    for attempt in 0..ATTEMPTS {
        // What is told of it must not wait for the transaction: it may be an alert. It is written again with
        // it under the same ids, and so once.
        if attempt == CONFLICTS_BEFORE_MARK && !events.is_empty() {
            app.store().record(events).await?;
            events.iter().for_each(|event| app.on_recorded(event));
        }
        match app.store().end(&end.user, ends, None, events, app.now_millis()).await? {
            TransactionOutcome::Committed => {
                count_end(app, end);
                if attempt < CONFLICTS_BEFORE_MARK {
                    events.iter().for_each(|event| app.on_recorded(event));
                }
                return Ok(true);
            }
            TransactionOutcome::ConditionFailed => {
                let row = app.store().session(&end.user, &end.session, app.now()).await?;
                let Some(other) = row.as_ref().and_then(SessionEnd::marked) else {
                    // Whoever was faster could only write what our mark says, if we had one: this very end.
                    return Ok(!marked.is_empty());
                };
                // Marked as another end, which was first: that one is carried out.
                record_pending_end(app, &other).await;
                return Ok(false);
            }
            TransactionOutcome::Contended => marked.extend(wait(app, ends, attempt).await?),
        }
    }
    Err(StoreError::Contended)
}

/// Carries out an end that is marked already: once, since whoever comes next may do it as well.
pub async fn record_pending_end(app: &App, end: &SessionEnd) {
    let ends = std::slice::from_ref(end);
    match app.store().end(&end.user, ends, None, &[], app.now_millis()).await {
        Ok(TransactionOutcome::Committed) => count_end(app, end),
        Ok(TransactionOutcome::ConditionFailed) => {}
        Ok(TransactionOutcome::Contended) => {
            tracing::warn!(session_id = %end.session, "the end of a session is still to be recorded");
        }
        Err(error) => {
            tracing::warn!(session_id = %end.session, %error, "the end of a session is still to be recorded");
        }
    }
}

/// Ends many sessions of a user, starting from `state` as it was just read. Returns what ended.
///
/// # Errors
/// As [`end_one`].
pub async fn end_many(
    app: &App,
    user: &UserId,
    which: SessionSelector,
    command: &RevokeCommand<'_>,
    state: UserState,
) -> Result<Vec<SessionEnd>, StoreError> {
    let (mut state, mut ended, mut marked, mut told) = (state, vec![], vec![], false);
    for attempt in 0..ATTEMPTS {
        let mut ends = chosen(&state, which, command);
        let surplus = ends.len() > ENDS_PER_TRANSACTION;
        ends.truncate(ENDS_PER_TRANSACTION);
        if ends.is_empty() && which != SessionSelector::All {
            return Ok(with_marked(ended, marked));
        }
        let valid_after = (which == SessionSelector::All).then_some(command.now);
        let record_update = UserRecordUpdate { record: &state.record, tokens_valid_after: valid_after };
        let events = if told { vec![] } else { command.events(app, user, ends.len()) };
        match app.store().end(user, &ends, Some(record_update), &events, app.now_millis()).await? {
            TransactionOutcome::Committed => {
                ends.iter().for_each(|end| count_end(app, end));
                events.iter().for_each(|event| app.on_recorded(event));
                ended.append(&mut ends);
                told = false;
                if !surplus {
                    return Ok(with_marked(ended, marked));
                }
            }
            TransactionOutcome::ConditionFailed => back_off(attempt).await,
            TransactionOutcome::Contended => {
                let now_marked = wait(app, &ends, attempt).await?;
                // Their own clients may carry them out before us: what is told of it must not depend on that.
                if !now_marked.is_empty() && !events.is_empty() {
                    app.store().record(&events).await?;
                    events.iter().for_each(|event| app.on_recorded(event));
                    told = true;
                }
                marked.extend(now_marked);
            }
        }
        state = app.store().user(user, command.now).await?;
    }
    Err(StoreError::Contended)
}

/// A session that may be ended: a live one, or one whose end was marked and not finished. One that ended
/// with everyone's is nobody else's to end: its record is written when its client comes, or by cleanup.
pub fn can_end(session: &Session, now: Timestamp) -> bool {
    session.is_live(now) || session.pending_end.as_ref().is_some_and(|ending| !ending.with_everyone)
}

/// Counts the end of a session and its event.
pub(crate) fn count_end(app: &App, end: &SessionEnd) {
    app.metrics().ended(end.reason.public());
    app.metrics().event(Severity::Info);
}

fn chosen(state: &UserState, which: SessionSelector, command: &RevokeCommand<'_>) -> Vec<SessionEnd> {
    let chosen = |session: &&Session| match which {
        SessionSelector::All => true,
        SessionSelector::Others(own) => session.id != own,
    };
    let ending = state.sessions.iter().filter(|session| can_end(session, command.now));
    ending.filter(chosen).map(|session| command.build_end(session)).collect()
}

/// What ended, and what was marked and then carried out by whoever came first: it ended by the same command.
fn with_marked(mut ended: Vec<SessionEnd>, marked: Vec<SessionEnd>) -> Vec<SessionEnd> {
    for end in marked {
        if ended.iter().all(|known| known.session != end.session) {
            ended.push(end);
        }
    }
    ended
}

/// After a conflict; returns the ends that were marked.
async fn wait(app: &App, ends: &[SessionEnd], attempt: u32) -> Result<Vec<SessionEnd>, StoreError> {
    let mut marked = vec![];
    if attempt + 1 == CONFLICTS_BEFORE_MARK {
        for end in ends {
            if app.store().mark_pending_end(end).await? {
                marked.push(end.clone());
            }
        }
    }
    back_off(attempt).await;
    Ok(marked)
}
