//! How far has a run come? For whoever watches it; nothing in a run hangs on it.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far a run has come, while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    buckets: AtomicU64,
    looked_at: AtomicU64,
    ended: AtomicU64,
}

impl Progress {
    /// Buckets that it will look at, if nothing stops it; 0 before it knows.
    pub fn buckets(&self) -> u64 {
        self.buckets.load(Ordering::Relaxed)
    }

    /// Buckets that it has looked at.
    pub fn looked_at(&self) -> u64 {
        self.looked_at.load(Ordering::Relaxed)
    }

    /// Sessions that it has ended, or would have.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn will_look_at(&self, buckets: usize) {
        self.buckets.store(u64::try_from(buckets).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn looked(&self) {
        self.looked_at.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self, ended: u64) {
        self.ended.fetch_max(ended, Ordering::Relaxed);
    }
}
