//! The clock. It is a trait, so that tests and the local server can move the time.
//!
//! A request reads the clock once and passes `now` on. Domain code never reads it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::domain::time::Timestamp;

/// The source of `now`. It returns the time of day, not the time since the start, because Lambda may freeze a process
/// for hours.
pub trait Clock: Send + Sync {
    /// The current time in milliseconds since 1970. Event ids need this resolution.
    fn now_millis(&self) -> i64;

    /// The current second.
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.now_millis().div_euclid(1000))
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_millis(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

/// For `latchkey-verifier`, whose interface has the time as `SystemTime`.
impl From<Timestamp> for SystemTime {
    fn from(moment: Timestamp) -> Self {
        let distance = Duration::from_secs(moment.seconds().unsigned_abs());
        let is_before = moment.seconds() < 0;
        let moment =
            if is_before { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        moment.unwrap_or(UNIX_EPOCH)
    }
}

/// The second that the moment lies in.
impl From<SystemTime> for Timestamp {
    fn from(moment: SystemTime) -> Self {
        Self::from_seconds(latchkey_verifier::epoch_seconds(moment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_the_conversion_to_system_time() {
        for seconds in [0, 1_732_442_400, -1, i64::MAX / 4] {
            let moment = Timestamp::from_seconds(seconds);
            assert_eq!(Timestamp::from(SystemTime::from(moment)), moment);
        }
    }
}
