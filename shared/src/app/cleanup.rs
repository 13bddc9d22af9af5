//! Cleanup: records the ends of expired sessions and deletes their rows.
//!
//! ```text
//!   lease ─▶ checkpoint ─▶ each day since ─▶ its buckets, in parallel ─▶ page by page:
//!                                            keys ─▶ rows ─▶ events ─▶ conditional deletes
//! ```
//!
//! The cost depends on the number of expired sessions and not on the number of live ones, because the expiry index lists
//! sessions by the day on which they expire. Only the index of today contains sessions that are not due.
//!
//! A run may stop at any point, and two runs may overlap: the id of an event is made from the session and its end, so that
//! it is recorded once. A delete has the condition that the session is still expired, and a deleted row is no longer in the
//! index. If cleanup never runs, DynamoDB's TTL deletes the rows three days after the end.

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

/// The number of buckets that are cleaned in parallel.
const BUCKETS_AT_ONCE: usize = 8;

/// A run stops after this number of buckets has failed.
const MAX_FAILED_BUCKETS: u64 = 5;

/// The number of days before today with which the first run begins. DynamoDB's TTL deletes older rows.
const FIRST_RUN_DAYS: i64 = 12;

/// The number of days after which no row is left from an earlier value of `EXPIRY_SHARDS`. It is longer than the longest
/// lifetime of a session.
const OLD_SHARDS_DAYS: i64 = 400;

/// The reason why a run did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// Another run holds the lease.
    #[error("another cleanup is running")]
    Running,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanupMode {
    /// Records and deletes the sessions that are due.
    Clean,
    /// Counts the sessions that are due and writes nothing, not even a lease.
    DryRun,
}

/// Runs one cleanup within a budget.
///
/// # Errors
/// Another run holds the lease, or the store failed before the run could begin. The report counts later failures.
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
        tracing::warn!(run_id = run.id, %error, "the lease of the cleanup could not be released and will expire");
    }
    outcome?;
    Ok(run.report())
}

/// Cleans day by day, the oldest first.
async fn clean_all(run: &Arc<Run>, shards: u16, now: Timestamp) -> Result<(), StoreError> {
    let (first, last) = Bucket::days_at(now).into_inner();
    let checkpoint = run.store.checkpoint(&run.consumed).await?;
    let shard_counts = shard_counts(&checkpoint, shards, first);
    let begin = checkpoint.day.unwrap_or(first - FIRST_RUN_DAYS).min(first);
    let begun_buckets = |day| {
        let of_day = shard_counts.keys().flat_map(move |count| Bucket::of_day(day, *count));
        of_day.filter(|bucket| bucket.begins_at() <= now).collect::<Vec<_>>()
    };
    run.progress.start((begin..=last).map(|day| begun_buckets(day).len()).sum());
    let mut done_through = begin;
    for day in begin..=last {
        let is_clean = clean_day(run, &begun_buckets(day)).await;
        let mut of_day = shard_counts.keys().flat_map(|count| Bucket::of_day(day, *count));
        // More sessions may still expire in a bucket that is not closed, so that the next run must read it again.
        let is_closed = of_day.all(|bucket| bucket.closes_at() + MARGIN <= now);
        if is_clean && is_closed && done_through == day {
            done_through = day + 1;
        }
        if run.must_stop() {
            break;
        }
    }
    let next = Checkpoint { day: Some(done_through), shards: shard_counts };
    if !run.dry
        && next != checkpoint
        && let Err(error) = run.store.keep_checkpoint(&next, &run.consumed).await
    {
        tracing::warn!(run_id = run.id, %error, "the checkpoint could not be written: the next run repeats days");
    }
    Ok(())
}

/// Cleans the buckets of one day, some in parallel. True if all of them were read to their end without a failure.
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
                run.progress.finish_bucket();
            }
        }
    }
}

/// Cleans one bucket to its end, or until the budget is spent. True if no due session is left in it.
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
            // The next run repeats what failed on this page. The other pages go on.
            Ok(Some((next, all))) => {
                clean &= all;
                run.progress.set_ended(run.ended.load(Ordering::Relaxed));
                if next.is_none() {
                    return clean;
                }
                after = next;
            }
            // Another run has the lease now and continues.
            Ok(None) => {
                run.stopped.store(true, Ordering::Relaxed);
                return false;
            }
            Err(error) => {
                run.failed.fetch_add(1, Ordering::Relaxed);
                // A bucket that always fails must not prevent the others from being cleaned. After several failures the
                // store is probably down, and more calls would not help.
                if run.failed_buckets.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_FAILED_BUCKETS {
                    run.stopped.store(true, Ordering::Relaxed);
                }
                tracing::warn!(run_id = run.id, bucket = %bucket, %error, "a bucket failed and is left for the next run");
                return false;
            }
        }
    }
}

/// The setting `EXPIRY_SHARDS` and its earlier values, each with the last day on which it was used, as long as rows from
/// that time can exist.
fn shard_counts(checkpoint: &Checkpoint, setting: u16, today: i64) -> BTreeMap<u16, i64> {
    let mut counts = checkpoint.shards.clone();
    counts.retain(|_, last_day| *last_day + OLD_SHARDS_DAYS >= today);
    counts.insert(setting, today);
    counts
}
