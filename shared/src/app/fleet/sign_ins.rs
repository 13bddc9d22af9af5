//! The sign-ins of a network, newest first, page by page.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::app::App;
use crate::config::AdminReach;
use crate::domain::fleet::scan::Scan;
use crate::domain::fleet::window::Window;
use crate::domain::place::Network;
use crate::domain::time::Timestamp;
use crate::store::in_parallel::in_parallel;
use crate::store::{NetworkSignIn, SIGN_IN_SHARDS, StoreError};

/// Rounds of a page. A round reads one day, or a part of it.
const ROUNDS_MAX: usize = 8;

/// Rounds of a search: one for each of eight days, and some for days with many sign-ins.
const SEARCH_ROUNDS_MAX: usize = 12;

/// Sign-ins of one shard that a round of a search reads if most of them may be those of other users.
const PER_SHARD_OF_OTHERS: usize = 100;

/// A page or a search begins no further round after this time, so that the call ends before its deadline.
const BEGINS_WITHIN: Duration = Duration::from_millis(700);

/// A page of sign-ins, newest first.
#[derive(Debug)]
pub struct SignInPage {
    /// The sign-ins, each with the id of its event.
    pub sign_ins: Vec<(Uuid, NetworkSignIn)>,
    /// The id to continue after; `None` at the end.
    pub next: Option<Uuid>,
}

/// Reads a page of the sign-ins of a network, of the users that the administrator reaches.
///
/// # Errors
/// The store failed.
pub async fn list_sign_ins(
    app: &App,
    network: Network,
    window: Window,
    after: Option<Uuid>,
    limit: usize,
    reach: AdminReach<'_>,
) -> Result<SignInPage, StoreError> {
    let began = Instant::now();
    let mut scan = Scan::new(window, after);
    let mut sign_ins = vec![];
    for _ in 0..ROUNDS_MAX {
        // Four times the average, so that a second round for the same day is practically never needed.
        let Some(found) = read_round(app, network, &mut scan, limit + 4).await? else { break };
        sign_ins.extend(found.into_iter().filter(|(_, sign_in)| reach.contains(&sign_in.user)));
        if sign_ins.len() >= limit || began.elapsed() > BEGINS_WITHIN {
            break;
        }
    }
    let cut_short = sign_ins.len() > limit;
    sign_ins.truncate(limit);
    let next = if cut_short { sign_ins.last().map(|(id, _)| *id) } else { scan.cursor() };
    Ok(SignInPage { sign_ins, next })
}

/// The newest sign-in of a network that an administrator may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewestSignIn {
    /// When it was.
    At(Timestamp),
    /// There are so many sign-ins of other users that none was found among those that were read.
    NotReached,
    /// There is none.
    None,
}

/// Finds the newest sign-in of a network, of the users that the administrator reaches.
///
/// # Errors
/// The store failed.
pub async fn newest_sign_in(
    app: &App,
    network: Network,
    window: Window,
    reach: AdminReach<'_>,
) -> Result<NewestSignIn, StoreError> {
    let began = Instant::now();
    let mut scan = Scan::new(window, None);
    let per_shard = if reach.is_everyone() { 1 } else { PER_SHARD_OF_OTHERS };
    for _ in 0..SEARCH_ROUNDS_MAX {
        let Some(found) = read_round(app, network, &mut scan, per_shard).await? else { break };
        if let Some((_, own)) = found.iter().find(|(_, sign_in)| reach.contains(&sign_in.user)) {
            return Ok(NewestSignIn::At(own.created_at));
        }
        if began.elapsed() > BEGINS_WITHIN {
            break;
        }
    }
    Ok(if scan.cursor().is_some() { NewestSignIn::NotReached } else { NewestSignIn::None })
}

/// Reads the next sign-ins of a network, up to `per_shard` of each shard. `None` at the end.
pub(super) async fn read_round(
    app: &App,
    network: Network,
    scan: &mut Scan,
    per_shard: usize,
) -> Result<Option<Vec<(Uuid, NetworkSignIn)>>, StoreError> {
    let Some(round) = scan.round() else { return Ok(None) };
    let calls = (0..SIGN_IN_SHARDS).map(|shard| {
        let (store, round) = (app.store().clone(), round.clone());
        async move { store.read_sign_in_shard(network, shard, &round, per_shard).await }
    });
    Ok(Some(scan.absorb(&round, in_parallel(calls).await?)))
}
