//! Ends the sessions that were opened from a network, for example by an attacker with a list of stolen passwords.
//!
//! A preview returns what would end, and ends nothing. Both read the sign-ins of the network up to a moment, so that the
//! second call ends what the first one listed, and no session that was opened later.
//!
//! One user must not stop the revocation of the others. So a user whose sessions cannot be ended is reported and left out, and
//! accounts with very many sign-ins take the time of one read and one transaction in each round.

mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;
use uuid::Uuid;

use self::round::{SignInsOfUser, by_user};
use super::sign_ins::read_round;
use crate::app::App;
use crate::app::sign_out::{RevokeCommand, SessionSelector, can_end, end_many};
use crate::config::AdminReach;
use crate::domain::actor::Actor;
use crate::domain::client_context::ClientContext;
use crate::domain::fleet::scan::Scan;
use crate::domain::fleet::window::Window;
use crate::domain::id::{SessionId, UserId};
use crate::domain::place::Network;
use crate::domain::session::Session;
use crate::domain::session::end::EndReason;
use crate::domain::time::Timestamp;
use crate::store::in_parallel::{AT_ONCE, in_parallel};
use crate::store::{NetworkSignIn, StoreError};

/// Users of one call, at most.
pub const USERS_MAX: usize = 500;

/// Sign-ins of one shard in one round. Many, because an attacker can hide the sessions of victims behind very many sign-ins to
/// accounts of their own.
const PER_SHARD: usize = 100;

/// A call begins with no further round or users after this time. All times are from the begin of the request, whose deadline is 2.9 s.
const BEGINS_WITHIN: Duration = Duration::from_millis(1_200);

/// No attempt to end the sessions of a user begins after this time, and no marks of pending ends. The marks need a row of the
/// revocation feed, and [`ENDS_WITHIN`] leaves the time of one attempt of a call to the store for both.
const ATTEMPTS_WITHIN: Duration = Duration::from_millis(1_800);

/// A read that has not ended after this time is given up, and a user whose sessions have not ended is left out, so that the
/// response has the results of the others.
const ENDS_WITHIN: Duration = Duration::from_millis(2_600);

/// Whether the sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkMode {
    /// Nothing ends.
    Preview,
    /// They end.
    Revoke,
}

/// The sessions to end, and the administrator that ends them.
#[derive(Clone, Debug)]
pub struct BulkCommand {
    /// The network from which the sessions were opened.
    pub network: Network,
    /// When they were opened.
    pub window: Window,
    /// Only sign-ins older than this one.
    pub after: Option<Uuid>,
    /// Whether the sessions end.
    pub mode: BulkMode,
    /// The administrator.
    pub by: Actor,
    /// The administrator's own session, which never ends.
    pub session: SessionId,
    /// The administrator's reason.
    pub note: String,
    /// Where the request comes from.
    pub client: ClientContext,
    /// The time of the request.
    pub now: Timestamp,
    /// When the request began, for its time limits.
    pub began: Instant,
}

/// The sessions that ended, or would end.
#[derive(Debug, Default)]
pub struct BulkPage {
    /// The sessions of each user.
    pub ended: BTreeMap<UserId, Vec<SessionId>>,
    /// The users whose sessions could not be read or ended. Some of their sessions may have ended.
    pub failed: BTreeSet<UserId>,
    /// The id to continue after; `None` at the end.
    pub next: Option<Uuid>,
}

/// Ends the selected sessions of up to [`USERS_MAX`] users that the administrator reaches, or returns them.
///
/// *Atomicity*: one transaction for the sessions of a user. The call can be repeated.
///
/// # Errors
/// The first read of sign-ins failed. After that, an error of one user is reported in the page, and an error of a later read
/// ends the page, so that the results so far and the place to continue are never lost.
pub async fn revoke_network(
    app: &App,
    command: BulkCommand,
    reach: AdminReach<'_>,
) -> Result<BulkPage, StoreError> {
    let begin = Scan::new(command.window, command.after);
    let mut scan = begin;
    let mut call =
        BulkCall { app, command: Arc::new(command), examined: BTreeSet::new(), page: BulkPage::default() };
    let ends_at = call.at(ENDS_WITHIN);
    while call.may_go_on() {
        let read = timeout_at(ends_at.into(), read_round(app, call.command.network, &mut scan, PER_SHARD));
        let mut found = match read.await.unwrap_or_else(|_| Err(StoreError::timeout())) {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) if scan == begin => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "a bulk revocation ends early, and its caller continues at the cursor");
                break;
            }
        };
        found.retain(|(_, sign_in)| sign_in.session != call.command.session && reach.contains(&sign_in.user));
        if let Some(last) = call.end_found(&found).await? {
            return Ok(BulkPage { next: Some(last), ..call.page });
        }
    }
    Ok(BulkPage { next: scan.cursor(), ..call.page })
}

/// One call, and what it has done so far.
struct BulkCall<'a> {
    app: &'a App,
    command: Arc<BulkCommand>,
    examined: BTreeSet<UserId>,
    page: BulkPage,
}

impl BulkCall<'_> {
    fn at(&self, elapsed: Duration) -> Instant {
        self.command.began + elapsed
    }

    fn may_go_on(&self) -> bool {
        may_go_on(self.examined.len(), self.command.began.elapsed())
    }

    /// Ends the sessions of a round, of some users at a time. If the users or the time of the call are used up before the end of
    /// the round, it returns the last sign-in above those of the users that are left.
    async fn end_found(&mut self, found: &[(Uuid, NetworkSignIn)]) -> Result<Option<Uuid>, StoreError> {
        for batch in by_user(found).chunks(AT_ONCE) {
            if let Some((last, _)) = batch[0].newest.checked_sub(1).map(|above| &found[above])
                && !self.may_go_on()
            {
                self.page.leave_out_previewed(&found[batch[0].newest..], self.command.mode);
                return Ok(Some(*last));
            }
            self.end_batch(batch).await?;
        }
        Ok(None)
    }

    async fn end_batch(&mut self, batch: &[SignInsOfUser]) -> Result<(), StoreError> {
        self.examined.extend(batch.iter().map(|sign_ins| sign_ins.user.clone()));
        let ends_at = self.at(ENDS_WITHIN);
        let calls = batch.iter().cloned().map(|SignInsOfUser { user, sessions, .. }| {
            let (app, command) = (self.app.clone(), Arc::clone(&self.command));
            async move {
                let work = Box::pin(end_listed(&app, &user, &sessions, &command));
                let ended =
                    timeout_at(ends_at.into(), work).await.unwrap_or_else(|_| Err(StoreError::timeout()));
                if let Err(error) = &ended {
                    // The log has no user ids. A session leads to its user.
                    let session = sessions.first().map(ToString::to_string);
                    tracing::error!(%error, session_id = session, "a bulk revocation left out a user");
                }
                Ok((user, ended.ok()))
            }
        });
        for (user, ended) in in_parallel(calls).await? {
            match ended {
                None => drop(self.page.failed.insert(user)),
                Some(ended) if ended.is_empty() => {}
                Some(mut ended) => self.page.ended.entry(user).or_default().append(&mut ended),
            }
        }
        Ok(())
    }
}

impl BulkPage {
    /// Leaves out sessions that the next page of a preview has. Sessions that have ended are on no other page.
    fn leave_out_previewed(&mut self, later: &[(Uuid, NetworkSignIn)], mode: BulkMode) {
        if mode == BulkMode::Preview {
            let later: BTreeSet<SessionId> = later.iter().map(|(_, sign_in)| sign_in.session).collect();
            self.ended.retain(|_, sessions| {
                sessions.retain(|session| !later.contains(session));
                !sessions.is_empty()
            });
        }
    }
}

/// Whether a call that has examined so many users may begin with more.
fn may_go_on(examined: usize, elapsed: Duration) -> bool {
    examined + AT_ONCE <= USERS_MAX && elapsed <= BEGINS_WITHIN
}

/// Ends those of the listed sessions of a user that can end, or returns them.
async fn end_listed(
    app: &App,
    user: &UserId,
    sessions: &BTreeSet<SessionId>,
    command: &BulkCommand,
) -> Result<Vec<SessionId>, StoreError> {
    let state = app.store().read_sessions_only(user, command.now).await?;
    let can_end = |row: &&Session| sessions.contains(&row.id) && can_end(row, command.now);
    let listed: Vec<SessionId> = state.sessions.iter().filter(can_end).map(|row| row.id).collect();
    if listed.is_empty() || command.mode == BulkMode::Preview {
        return Ok(listed);
    }
    let revoke = RevokeCommand {
        session: Some(command.session),
        client: &command.client,
        reason: EndReason::Admin,
        by: command.by.clone(),
        note: Some(command.note.clone()),
        suspension: None,
        now: command.now,
        attempts_until: Some(command.began + ATTEMPTS_WITHIN),
    };
    let ends = end_many(app, user, SessionSelector::Listed(&listed), &revoke, state).await?;
    Ok(ends.into_iter().map(|end| end.session).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_sessions_of_five_hundred_users_at_most_and_within_its_time() {
        assert!(may_go_on(0, Duration::ZERO) && may_go_on(484, BEGINS_WITHIN));
        assert!(!may_go_on(485, Duration::ZERO));
        assert!(!may_go_on(0, BEGINS_WITHIN + Duration::from_millis(1)));
    }
}
