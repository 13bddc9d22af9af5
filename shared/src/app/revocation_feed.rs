//! The revocation feed: this instance's copy of the sessions that have ended lately.
//!
//! The copy is at most 1 s old. Reading it again costs one query for each partition of the running hour, and only for rows
//! that are new, however many entries there are.

use tokio::sync::Mutex;

use crate::app::App;
use crate::domain::revocation_feed::{FeedEntries, FeedWindow};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::telemetry::metrics::Counter;

/// How long an instance serves its copy, in milliseconds.
const COPY_MILLIS: i64 = 1_000;

/// The feed as it was read at one moment.
#[derive(Debug)]
pub struct Feed {
    /// When the server began to read it.
    pub read_at: Timestamp,
    /// The moment of the global revocation.
    pub not_before: Option<Timestamp>,
    /// The entries, sorted, one after the other.
    pub ended: Vec<u8>,
}

/// The copy of an instance. One request at a time reads it again, and the others wait for that read.
#[derive(Default)]
pub(crate) struct FeedCache(Mutex<FeedCopy>);

#[derive(Default)]
struct FeedCopy {
    /// When the last read began, in milliseconds since 1970. `None` before the first one.
    read_at: Option<i64>,
    not_before: Option<Timestamp>,
    entries: FeedEntries,
}

/// The feed; with `since`, the entries that were written in or after that minute.
///
/// # Errors
/// The store failed. A copy older than 1 s is never served, because its verifiers would take it for a new one.
pub async fn revocation_feed(app: &App, since: Option<i64>) -> Result<Feed, StoreError> {
    let mut copy = app.feed_cache().0.lock().await;
    let now = app.now_millis();
    if !copy.is_current(now) {
        copy.read_again(app, now).await.inspect_err(|_| app.metrics().count(Counter::FeedsFailed))?;
        app.metrics().set(Counter::FeedEntries, copy.entries.len());
    }
    Ok(Feed {
        read_at: Timestamp::from_seconds(copy.read_at.unwrap_or(now).div_euclid(1_000)),
        not_before: copy.not_before,
        ended: copy.entries.to_bytes(since),
    })
}

impl FeedCopy {
    /// Whether the copy is young enough. After the clock was set back, it is old.
    fn is_current(&self, now: i64) -> bool {
        self.read_at.is_some_and(|read_at| (0..COPY_MILLIS).contains(&(now - read_at)))
    }

    /// Adds what was written since the last read. On failure the copy stays as it was.
    async fn read_again(&mut self, app: &App, now: i64) -> Result<(), StoreError> {
        let window = FeedWindow::at(now, self.read_at, app.config().longest_access_lifetime());
        let moment = Timestamp::from_seconds(now.div_euclid(1_000));
        let read = app.store().read_feed(window, moment).await?;
        app.metrics().add(Counter::FeedRowsSkipped, read.skipped);
        read.items.iter().for_each(|item| self.entries.add(item));
        self.entries.remove_expired(moment);
        self.not_before = read.revocation.not_before;
        self.read_at = Some(now);
        Ok(())
    }
}
