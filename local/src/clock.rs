//! A clock that tests and `/dev/clock` can move.
//!
//! Every handler takes the time from this [`Clock`]. Moving it makes sessions expire, rate limit windows slide and blocks
//! end, so that no test has to sleep.
//!
//! ```
//! use std::time::Duration;
//! use latchkey::clock::Clock;
//! use latchkey_local::clock::MovableClock;
//!
//! let clock = MovableClock::at(1_732_442_400);
//! clock.advance(Duration::from_secs(60));
//! assert_eq!(clock.now_millis(), 1_732_442_460_000);
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use latchkey::clock::Clock;

/// The system's time or a fixed time, plus an offset. Clones share the offset.
#[derive(Clone, Debug)]
pub struct MovableClock {
    start: Start,
    offset_millis: Arc<AtomicI64>,
}

#[derive(Clone, Copy, Debug)]
enum Start {
    System,
    Fixed { millis: i64 },
}

impl MovableClock {
    /// Follows the system's clock.
    pub fn system() -> Self {
        Self::starting(Start::System)
    }

    /// Stays at `seconds` since the epoch until it is moved.
    pub fn at(seconds: i64) -> Self {
        Self::starting(Start::Fixed { millis: seconds.saturating_mul(1000) })
    }

    fn starting(start: Start) -> Self {
        Self { start, offset_millis: Arc::default() }
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        self.step_millis(millis(by));
    }

    /// Moves backward, like a clock that is corrected.
    pub fn step_back(&self, by: Duration) {
        self.step_millis(-millis(by));
    }

    fn step_millis(&self, by: i64) {
        self.offset_millis.fetch_add(by, Ordering::SeqCst);
    }

    /// The offset in whole seconds, negative after moving backward.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_millis.load(Ordering::SeqCst).div_euclid(1000)
    }
}

impl Clock for MovableClock {
    fn now_millis(&self) -> i64 {
        let start = match self.start {
            Start::System => system_millis(),
            Start::Fixed { millis } => millis,
        };
        start.saturating_add(self.offset_millis.load(Ordering::SeqCst))
    }
}

/// The engine's TTL follows the same clock.
impl dynoxide::storage_backend::Clock for MovableClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now_millis() / 1000).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        Duration::from_millis(u64::try_from(self.now_millis()).unwrap_or(0)).as_secs_f64()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn system_millis() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = MovableClock::at(100);
        let other = clock.clone();
        clock.advance(Duration::from_millis(1500));
        assert_eq!(other.now_millis(), 101_500);
        assert_eq!(other.offset_seconds(), 1);
        other.step_back(Duration::from_secs(3));
        assert_eq!(clock.now_millis(), 98_500);
        assert_eq!(clock.offset_seconds(), -2);
    }

    #[test]
    fn a_moved_system_clock_is_ahead_by_its_offset() {
        let clock = MovableClock::system();
        clock.advance(Duration::from_secs(3600));
        let ahead = clock.now_millis() - system_millis();
        assert!((3_599_000..=3_600_000).contains(&ahead), "{ahead}");
    }
}
