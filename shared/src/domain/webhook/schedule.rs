//! When is a webhook that was not accepted sent again? `docs/webhooks.md` publishes the schedule.

use std::time::Duration;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

/// The pauses between the attempts, three days together. None is longer than 11 hours, because SQS hides a message for at most 12.
pub const PAUSES: [Duration; 12] = [
    seconds(5),
    minutes(1),
    minutes(5),
    minutes(30),
    hours(2),
    hours(5),
    hours(10),
    hours(11),
    hours(11),
    hours(11),
    hours(11),
    hours(11),
];

/// The number of attempts.
pub const ATTEMPTS: usize = PAUSES.len() + 1;

/// The time that a queue keeps a message: the longest that SQS offers, so that it outlasts every outage of a receiver.
pub const RETENTION: Duration = hours(14 * 24);

/// The pause after the `attempt`th attempt, which is the first for 1; `None` after the last.
pub fn pause_after(attempt: u32) -> Option<Duration> {
    let index = usize::try_from(attempt).unwrap_or(usize::MAX).saturating_sub(1);
    PAUSES.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_tried_for_three_days_with_growing_pauses() {
        assert_eq!((pause_after(1), pause_after(2)), (Some(seconds(5)), Some(minutes(1))));
        assert_eq!((pause_after(12), pause_after(13), pause_after(u32::MAX)), (Some(hours(11)), None, None));
        assert_eq!(pause_after(0), Some(seconds(5)), "a queue that counts from 0");
        assert!(PAUSES.is_sorted() && PAUSES.iter().all(|pause| *pause < hours(12)));
        let all: Duration = PAUSES.iter().sum();
        assert!(all >= hours(72) && all < RETENTION);
    }
}
