//! Both clocks of a verifier, which a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use latchkey_verifier::RevocationFeed;

use crate::signer::NOW;

#[derive(Clone, Default)]
pub(crate) struct VirtualClock(Arc<Parts>);

#[derive(Default)]
struct Parts {
    passed: AtomicU64,
    set_by: AtomicI64,
    stands_still: AtomicU64,
}

impl VirtualClock {
    /// Lets time pass on both clocks.
    pub(crate) fn pass(&self, millis: u64) {
        self.0.passed.fetch_add(millis, Ordering::Relaxed);
    }

    /// Lets time pass on the wall clock alone, as while a function is frozen.
    pub(crate) fn freeze(&self, millis: u64) {
        self.0.stands_still.fetch_add(millis, Ordering::Relaxed);
        self.pass(millis);
    }

    /// Sets the wall clock forward or back.
    pub(crate) fn set(&self, seconds: i64) {
        self.0.set_by.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn wall(&self) -> SystemTime {
        let set_by = self.0.set_by.load(Ordering::Relaxed);
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.saturating_add_signed(set_by));
        epoch + Duration::from_millis(self.0.passed.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        let stood_still = self.0.stands_still.load(Ordering::Relaxed);
        Duration::from_millis(self.0.passed.load(Ordering::Relaxed) - stood_still)
    }

    /// The feed with these clocks.
    pub(crate) fn drives(&self, feed: RevocationFeed) -> RevocationFeed {
        let (wall, monotonic) = (self.clone(), self.clone());
        feed.clocks(move || wall.wall(), move || monotonic.monotonic())
    }
}
