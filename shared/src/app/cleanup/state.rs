//! What do the parts of a run share? Its name, its means, and what it has done so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Semaphore;

use super::{Budget, CleanupMode, Progress};
use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::store::{Consumed, Store, StoreError};

/// A session is left alone for so long after its end: clocks differ, and a refresh may be under way.
pub(super) const MARGIN: Duration = Duration::from_secs(300);

/// Deletes in flight, of all buckets together: each is a connection, of which a function has 1,024; and
/// DynamoDB answers within some milliseconds, so that these are thousands a second.
const DELETES_AT_ONCE: usize = 128;

/// How long a lease holds without being renewed.
const LEASE: Duration = Duration::from_secs(120);

/// What a run did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Its name in the logs.
    pub run_id: String,
    /// Sessions that it ended.
    pub ended: u64,
    /// Malformed rows that it passed over.
    pub skipped: u64,
    /// Sessions that it could not end; the next run tries again.
    pub failed: u64,
    /// Whether something is left that is due.
    pub remaining: bool,
    /// How long it took.
    pub duration_ms: u64,
    /// What it cost to read.
    pub read_units: f64,
    /// What it cost to write.
    pub write_units: f64,
}

/// What the parts of a run share.
pub(super) struct Run {
    pub(super) id: String,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) budget: Budget,
    pub(super) dry: bool,
    pub(super) consumed: Consumed,
    pub(super) ended: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) stopped: AtomicBool,
    /// Buckets whose rows could not be read or recorded.
    pub(super) buckets_left: AtomicU64,
    pub(super) progress: Arc<Progress>,
    /// Whoever deletes holds one of its permits.
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
            skipped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            buckets_left: AtomicU64::new(0),
            begun: Instant::now(),
        }
    }

    pub(super) fn report(&self) -> Report {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Report {
            run_id: self.id.clone(),
            ended: count(&self.ended),
            skipped: count(&self.skipped),
            failed: count(&self.failed),
            remaining: self.must_stop() || count(&self.failed) > 0,
            duration_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            read_units: self.consumed.read_units(),
            write_units: self.consumed.write_units(),
        }
    }

    /// Whether nothing more may be begun.
    pub(super) fn must_stop(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.budget.is_spent(&self.ended)
    }

    /// Takes the lease, or renews it: asked before every page, written at most a few times in its life.
    pub(super) async fn holds_lease(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if !self.budget.lease_is_due(now, LEASE) {
            return Ok(true);
        }
        self.store.take_lease(&self.id, now + LEASE, now, &self.consumed).await
    }

    /// The moment before which a session must have ended to be due.
    pub(super) fn due(&self) -> Timestamp {
        self.clock.now().before(MARGIN)
    }
}

fn run_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the run has no name of its own; leases are then taken one after the other all the same.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
