//! Where does `now` come from? One trait, so that tests and the local server can move the time.
//!
//! A request reads the clock once and passes `now` on. Domain code never reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::time::Timestamp;

/// Where `now` comes from. Wall time: a frozen Lambda that thaws hours later reads it anew.
pub trait Clock: Send + Sync {
    /// Milliseconds since the epoch; event ids need the resolution.
    fn now_millis(&self) -> i64;

    /// The current second.
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now_millis().div_euclid(1000))
    }
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_millis(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}
