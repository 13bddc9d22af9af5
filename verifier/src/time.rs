//! Whole seconds since 1970, as tokens count time.

use std::time::{SystemTime, UNIX_EPOCH};

/// The second that `moment` lies in, counted from 1970-01-01T00:00:00Z.
pub fn epoch_seconds(moment: SystemTime) -> i64 {
    match moment.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            -seconds - i64::from(before.subsec_nanos() > 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_second_lasts_until_the_next_one_begins() {
        let half = Duration::from_millis(500);
        assert_eq!(epoch_seconds(UNIX_EPOCH + half), 0);
        assert_eq!(epoch_seconds(UNIX_EPOCH + Duration::from_secs(7)), 7);
        assert_eq!(epoch_seconds(UNIX_EPOCH - half), -1);
        assert_eq!(epoch_seconds(UNIX_EPOCH - Duration::from_secs(7)), -7);
    }
}
