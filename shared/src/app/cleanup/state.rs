//! The state of a run, which its parallel parts share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Semaphore;

use super::{Budget, CleanupMode, Progress};
use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::store::{Consumed, Store, StoreError};

/// The time between the expiry of a session and its cleanup, because clocks differ and a refresh may be in progress.
pub(super) const MARGIN: Duration = Duration::from_secs(300);

/// The number of concurrent deletes in all buckets together. Each one uses a connection, and a function may have 1,024 file
/// descriptors. DynamoDB answers within some milliseconds, so that these are thousands a second.
const DELETES_AT_ONCE: usize = 128;

/// The time after which a lease expires if it is not renewed.
const LEASE: Duration = Duration::from_secs(120);

/// The results of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The id of the run in the logs.
    pub run_id: String,
    /// The number of sessions that the run has ended.
    pub ended: u64,
    /// The number of sessions that have expired less than five minutes ago. A later run ends them.
    pub waiting: u64,
    /// The number of malformed rows, which the run has skipped.
    pub skipped: u64,
    /// The number of failures. The next run tries again.
    pub failed: u64,
    /// Whether sessions that are due may be left.
    pub remaining: bool,
    /// The duration in milliseconds.
    pub duration_ms: u64,
    /// The read units that the run has consumed.
    pub read_units: f64,
    /// The write units that the run has consumed.
    pub write_units: f64,
}

/// A run in progress.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) budget: Budget,
    pub(super) dry: bool,
    pub(super) consumed: Consumed,
    pub(super) ended: AtomicU64,
    pub(super) waiting: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) stopped: AtomicBool,
    /// The number of buckets whose rows could not be read or recorded.
    pub(super) failed_buckets: AtomicU64,
    pub(super) progress: Arc<Progress>,
    /// Each delete in progress holds one of the permits.
    pub(super) deletes: Arc<Semaphore>,
    begun: Instant,
}

impl Run {
    pub(super) fn new(store: &Store, clock: Arc<dyn Clock>, budget: Budget, mode: CleanupMode) -> Self {
        Self {
            id: run_id(),
            store: store.clone(),
            clock,
            progress: budget.progress(),
            deletes: Arc::new(Semaphore::new(DELETES_AT_ONCE)),
            budget,
            dry: mode == CleanupMode::DryRun,
            consumed: Consumed::default(),
            ended: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            failed_buckets: AtomicU64::new(0),
            begun: Instant::now(),
        }
    }

    pub(super) fn report(&self) -> Report {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Report {
            run_id: self.id.clone(),
            ended: count(&self.ended),
            waiting: count(&self.waiting),
            skipped: count(&self.skipped),
            failed: count(&self.failed),
            remaining: self.must_stop() || count(&self.failed) > 0,
            duration_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            read_units: self.consumed.read_units(),
            write_units: self.consumed.write_units(),
        }
    }

    /// Whether the run must not begin another page.
    pub(super) fn must_stop(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.budget.is_spent(&self.ended)
    }

    /// Takes or renews the lease if this is due. Called before every page, but most calls write nothing.
    pub(super) async fn holds_lease(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if !self.budget.lease_is_due(now, LEASE) {
            return Ok(true);
        }
        self.store.take_lease(&self.id, now + LEASE, now, &self.consumed).await
    }

    /// A session that expired before this time is due.
    pub(super) fn due(&self) -> Timestamp {
        self.clock.now().before(MARGIN)
    }
}

fn run_id() -> String {
    let mut bytes = [0; 16];
    // If the random generator fails, the id is constant. Two runs with this id could overlap, which is safe.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
