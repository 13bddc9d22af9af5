//! Counts the events and the live sessions for the overview. A schedule calls it every five minutes.
//!
//! The running hour is counted each time, and first. The hour before, and each hour of the last day that was counted at all, is counted
//! until its count was made after its end, also if no run followed its end in time. Live sessions are counted once an hour. A
//! count is set, not added, so that a run that is repeated changes nothing. An earlier hour that cannot be counted is logged, and stops
//! no other count.

use std::time::Duration;

use uuid::Uuid;

use crate::domain::fleet::hour_counts::HourCounts;
use crate::domain::fleet::scan::{Round, day_of};
use crate::domain::fleet::window::Window;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;
use crate::store::in_parallel::in_parallel;
use crate::store::schema::Bucket;
use crate::store::{HourRow, Store, StoreError, fleet_partitions};

const HOUR: Duration = Duration::from_secs(3_600);

/// Hours of this time are completed if the runs stopped during them.
const COMPLETED_FOR: Duration = Duration::from_secs(86_400);

/// An hour's count is final if it was made this long after the hour, because the index lags behind and clocks differ.
const SETTLED_AFTER: Duration = Duration::from_secs(120);

/// Counts what is due. Sessions live for at most `refresh_lifetime` without a refresh.
///
/// # Errors
/// The store failed. The call can be repeated.
pub async fn count_hours(
    store: &Store,
    expiry_shards: u16,
    refresh_lifetime: Duration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hour = now.start_of_hour();
    let before = hour.before(HOUR);
    let known = store.read_hours(hour.before(COMPLETED_FOR), hour).await?;
    let of = |hour: Timestamp| known.iter().find(|row| row.hour == hour);
    count_hour(store, hour, now).await?;
    let unfinished = known.iter().filter(|row| row.hour < hour && !is_final(row)).map(|row| row.hour);
    for earlier in unfinished.chain(of(before).is_none().then_some(before)) {
        if let Err(error) = count_hour(store, earlier, now).await {
            tracing::error!(%error, hour = earlier.to_rfc3339(), "the events of an earlier hour were not counted");
        }
    }
    if of(hour).is_none_or(|row| row.live_sessions.is_none()) {
        let live = count_live(store, expiry_shards, refresh_lifetime, now).await?;
        store.set_live_sessions(hour, live).await?;
    }
    Ok(())
}

/// Whether the events of an hour were counted after its end.
fn is_final(row: &HourRow) -> bool {
    row.counted_at >= row.hour + HOUR + SETTLED_AFTER
}

async fn count_hour(store: &Store, hour: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let last = (hour + HOUR).before(Duration::from_secs(1));
    let Some(ids) =
        Window::new(Some(hour), Some(last.min(now)), HOUR, COMPLETED_FOR + HOUR, now).map(Window::ids)
    else {
        return Ok(());
    };
    let low = Uuid::from_u128(*ids.start());
    let range = Round { day: day_of(low), low, high: Uuid::from_u128(*ids.end()) };
    let calls = fleet_partitions(&range.day, Severity::Info).into_iter().map(|partition| {
        let (store, range) = (store.clone(), range.clone());
        async move { store.count_events(&partition, &range).await }
    });
    let counts = in_parallel(calls).await?.into_iter().fold(HourCounts::default(), HourCounts::plus);
    store.set_hour_counts(hour, counts, now).await
}

/// Counts the live sessions. The bucket of a shard's running day also has sessions that expired on it and were not cleaned up.
async fn count_live(
    store: &Store,
    shards: u16,
    refresh_lifetime: Duration,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let first = *Bucket::days_at(now).start();
    let last = *Bucket::days_at(now + refresh_lifetime).end();
    let buckets = (first..=last).flat_map(|day| Bucket::of_day(day, shards));
    let calls = buckets.filter(|bucket| bucket.closes_at() > now).map(|bucket| {
        let store = store.clone();
        async move { store.count_live_sessions(bucket).await }
    });
    Ok(in_parallel(calls).await?.into_iter().sum())
}
