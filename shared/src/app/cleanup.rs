//! What happens to sessions that nobody refreshed in time? Their ends are recorded and their rows deleted.
//!
//! ```text
//!   lease ─▶ checkpoint ─▶ each day since ─▶ its buckets, side by side ─▶ page by page:
//!                                            keys ─▶ rows ─▶ events ─▶ conditional deletes
//! ```
//!
//! It pays for what has expired, not for what lives: the expiry index names the sessions of a day, and only
//! the day that is under way holds some that are not due. It may stop anywhere and be run twice at once: an
//! event's id is made of its session and its end, a delete asks whether the session is still over, and what
//! is done is no longer in the index. DynamoDB's TTL is the backstop, three days later.

mod budget;
mod page;
mod progress;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;

pub use budget::Budget;
use page::clean_page;
pub use progress::Progress;
pub use state::Report;
use state::{MARGIN, Run};

use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::store::schema::Bucket;
use crate::store::{Checkpoint, Store, StoreError};

/// Buckets that are cleaned side by side.
const BUCKETS_AT_ONCE: usize = 8;

/// Buckets that a run leaves to the next one before it stops.
const BUCKETS_LEFT: u64 = 5;

/// How many days back the first run looks: what is older DynamoDB's TTL has deleted, or will.
const FIRST_LOOK_DAYS: i64 = 12;

/// How long rows may lie under a shard count that is no longer the setting: a session's greatest life, and
/// more.
const OLD_SHARDS_DAYS: i64 = 400;

/// Why a run did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// Another run is under way.
    #[error("another cleanup is running")]
    Running,
    /// The store cannot say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanupMode {
    /// Ends what is due.
    Clean,
    /// Counts what is due, and writes nothing, not even a lease.
    DryRun,
}

/// Cleans up once, within a budget.
///
/// # Errors
/// Another run is under way, or the store cannot say where to begin. What fails later is counted in the
/// report.
pub async fn run(
    store: &Store,
    clock: Arc<dyn Clock>,
    shards: u16,
    budget: Budget,
    mode: CleanupMode,
) -> Result<Report, CleanupError> {
    let now = clock.now();
    let run = Arc::new(Run::new(store, clock, budget, mode));
    if !run.dry && !run.holds_lease().await? {
        return Err(CleanupError::Running);
    }
    let outcome = clean_all(&run, shards, now).await;
    if !run.dry
        && let Err(error) = run.store.give_lease_back(&run.id, &run.consumed).await
    {
        tracing::warn!(run_id = run.id, %error, "the lease of cleanup ends by itself");
    }
    outcome?;
    Ok(run.report())
}

/// Day by day, oldest first.
async fn clean_all(run: &Arc<Run>, shards: u16, now: Timestamp) -> Result<(), StoreError> {
    let (first, last) = Bucket::days_at(now).into_inner();
    let checkpoint = run.store.checkpoint(&run.consumed).await?;
    let counts = shard_counts(&checkpoint, shards, first);
    let begin = checkpoint.day.unwrap_or(first - FIRST_LOOK_DAYS).min(first);
    let begun = |day| {
        let of_day = counts.keys().flat_map(move |of| Bucket::of_day(day, *of));
        of_day.filter(|bucket| bucket.begins_at() <= now).collect::<Vec<_>>()
    };
    run.progress.will_look_at((begin..=last).map(|day| begun(day).len()).sum());
    let mut done_through = begin;
    for day in begin..=last {
        let clean = clean_day(run, &begun(day)).await;
        let mut of_day = counts.keys().flat_map(|of| Bucket::of_day(day, *of));
        let closed = of_day.all(|bucket| bucket.closes_at() + MARGIN <= now);
        if clean && closed && done_through == day {
            done_through = day + 1;
        }
        if run.must_stop() {
            break;
        }
    }
    let next = Checkpoint { day: Some(done_through), shards: counts };
    if !run.dry
        && next != checkpoint
        && let Err(error) = run.store.keep_checkpoint(&next, &run.consumed).await
    {
        tracing::warn!(run_id = run.id, %error, "the next cleanup looks at more days than it need");
    }
    Ok(())
}

/// The buckets of one day, some at a time; true when all of them were looked at to their end without failure.
async fn clean_day(run: &Arc<Run>, buckets: &[Bucket]) -> bool {
    let mut clean = true;
    let mut waiting = buckets.iter().copied();
    let mut running: JoinSet<bool> = JoinSet::new();
    loop {
        while running.len() < BUCKETS_AT_ONCE
            && let Some(bucket) = waiting.next()
        {
            let run = Arc::clone(run);
            running.spawn(async move { clean_bucket(&run, bucket).await });
        }
        match running.join_next().await {
            None => return clean,
            Some(done) => {
                clean &= done.unwrap_or(false);
                run.progress.looked();
            }
        }
    }
}

/// One bucket to its end, or as far as the budget goes; true when nothing that is due is left in it.
async fn clean_bucket(run: &Run, bucket: Bucket) -> bool {
    let (mut after, mut clean) = (None, true);
    loop {
        if run.must_stop() {
            return false;
        }
        let outcome = async {
            if !run.dry && !run.holds_lease().await? {
                return Ok(None);
            }
            let page = run.store.due(bucket, after.take(), &run.consumed).await?;
            let all = clean_page(run, page.keys).await?;
            Ok::<_, StoreError>(Some((page.next, all)))
        };
        match outcome.await {
            // What failed on the page is the next run's, and holds nothing else up.
            Ok(Some((next, all))) => {
                clean &= all;
                run.progress.has_ended(run.ended.load(Ordering::Relaxed));
                if next.is_none() {
                    return clean;
                }
                after = next;
            }
            // Another run has taken over: what is left is its work.
            Ok(None) => {
                run.stopped.store(true, Ordering::Relaxed);
                return false;
            }
            Err(error) => {
                run.failed.fetch_add(1, Ordering::Relaxed);
                // One bucket that always fails must not keep the others from ever being cleaned; a store that
                // fails is not helped by more calls.
                if run.buckets_left.fetch_add(1, Ordering::Relaxed) + 1 >= BUCKETS_LEFT {
                    run.stopped.store(true, Ordering::Relaxed);
                }
                tracing::warn!(run_id = run.id, bucket = %bucket, %error, "a bucket is left for the next run");
                return false;
            }
        }
    }
}

/// The setting, and what it was while rows that still lie there were written.
fn shard_counts(checkpoint: &Checkpoint, setting: u16, today: i64) -> BTreeMap<u16, i64> {
    let mut counts = checkpoint.shards.clone();
    counts.retain(|_, last_day| *last_day + OLD_SHARDS_DAYS >= today);
    counts.insert(setting, today);
    counts
}
