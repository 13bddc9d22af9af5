//! The progress of a run, for display only.

use std::sync::atomic::{AtomicU64, Ordering};

/// The progress of a run, which can be read during the run.
#[derive(Debug, Default)]
pub struct Progress {
    buckets: AtomicU64,
    finished: AtomicU64,
    ended: AtomicU64,
}

impl Progress {
    /// The number of buckets that the run will read, or 0 before the run has counted them.
    pub fn buckets(&self) -> u64 {
        self.buckets.load(Ordering::Relaxed)
    }

    /// The number of buckets that the run has finished.
    pub fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }

    /// The number of sessions that the run has ended, or would end without `DryRun`.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn start(&self, buckets: usize) {
        self.buckets.store(u64::try_from(buckets).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn finish_bucket(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_ended(&self, ended: u64) {
        self.ended.fetch_max(ended, Ordering::Relaxed);
    }
}
