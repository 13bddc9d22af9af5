//! Ends the sessions that were opened from a network, for example by an attacker with a list of stolen passwords.
//!
//! A preview returns what would end, and ends nothing. Both read the sign-ins of the network up to a moment, so that the
//! second call ends what the first one listed, and no session that was opened later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

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
use crate::store::in_parallel::in_parallel;
use crate::store::{NetworkSignIn, SIGN_IN_SHARDS, StoreError};

/// Users of one call, at most.
pub const USERS_MAX: usize = 500;

/// Sign-ins of one shard in one round.
const PER_SHARD: usize = 5;

/// Users of one round, at most: one for each sign-in.
const USERS_PER_ROUND: usize = PER_SHARD * SIGN_IN_SHARDS as usize;

/// Rounds of one call, so that a user with very many sign-ins does not make a call expensive.
const ROUNDS_MAX: usize = 100;

/// A call begins no further round after this time, so that it ends before its deadline of 2.9 s.
const BEGINS_WITHIN: Duration = Duration::from_millis(1_200);

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
}

/// The sessions that ended, or would end.
#[derive(Debug)]
pub struct BulkPage {
    /// The sessions of each user.
    pub ended: BTreeMap<UserId, Vec<SessionId>>,
    /// The id to continue after; `None` at the end.
    pub next: Option<Uuid>,
}

/// Ends the selected sessions of up to [`USERS_MAX`] users that the administrator reaches, or returns them.
///
/// *Atomicity*: one transaction for the sessions of a user. A call that fails has ended the sessions of some users; it can be
/// repeated.
///
/// # Errors
/// The store failed, or the rows of a user stayed contended.
pub async fn revoke_network(
    app: &App,
    command: BulkCommand,
    reach: AdminReach<'_>,
) -> Result<BulkPage, StoreError> {
    let began = Instant::now();
    let mut scan = Scan::new(command.window, command.after);
    let command = Arc::new(command);
    let mut ended: BTreeMap<UserId, Vec<SessionId>> = BTreeMap::new();
    for _ in 0..ROUNDS_MAX {
        if !may_begin_round(ended.len(), began.elapsed()) {
            break;
        }
        let Some(found) = read_round(app, command.network, &mut scan, PER_SHARD).await? else { break };
        let calls = by_user(found, command.session, reach).into_iter().map(|(user, sessions)| {
            let (app, command) = (app.clone(), Arc::clone(&command));
            async move { end_listed(&app, user, sessions, &command).await }
        });
        for (user, mut sessions) in in_parallel(calls).await?.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            ended.entry(user).or_default().append(&mut sessions);
        }
    }
    Ok(BulkPage { ended, next: scan.cursor() })
}

/// Whether a call that has ended sessions of `users` users so far may read and end more.
fn may_begin_round(users: usize, elapsed: Duration) -> bool {
    users + USERS_PER_ROUND <= USERS_MAX && elapsed <= BEGINS_WITHIN
}

/// The sessions of the sign-ins that the administrator reaches, by user.
fn by_user(
    found: Vec<(Uuid, NetworkSignIn)>,
    except: SessionId,
    reach: AdminReach<'_>,
) -> BTreeMap<UserId, Vec<SessionId>> {
    let mut users: BTreeMap<UserId, Vec<SessionId>> = BTreeMap::new();
    for (_, NetworkSignIn { user, session, .. }) in found {
        if session != except && reach.contains(&user) {
            users.entry(user).or_default().push(session);
        }
    }
    users
}

/// Ends those of the listed sessions of a user that can end, or returns them.
async fn end_listed(
    app: &App,
    user: UserId,
    sessions: Vec<SessionId>,
    command: &BulkCommand,
) -> Result<(UserId, Vec<SessionId>), StoreError> {
    let state = app.store().read_user_state(&user, command.now).await?;
    let can_end = |row: &&Session| sessions.contains(&row.id) && can_end(row, command.now);
    let listed: Vec<SessionId> = state.sessions.iter().filter(can_end).map(|row| row.id).collect();
    if listed.is_empty() || command.mode == BulkMode::Preview {
        return Ok((user, listed));
    }
    let revoke = RevokeCommand {
        session: Some(command.session),
        client: &command.client,
        reason: EndReason::Admin,
        by: command.by.clone(),
        note: Some(command.note.clone()),
        suspension: None,
        now: command.now,
    };
    let ends = end_many(app, &user, SessionSelector::Listed(&listed), &revoke, state).await?;
    Ok((user, ends.into_iter().map(|end| end.session).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_sessions_of_five_hundred_users_at_most_and_within_its_time() {
        assert!(may_begin_round(0, Duration::ZERO) && may_begin_round(480, BEGINS_WITHIN));
        assert!(!may_begin_round(481, Duration::ZERO));
        assert!(!may_begin_round(0, BEGINS_WITHIN + Duration::from_millis(1)));
    }
}
