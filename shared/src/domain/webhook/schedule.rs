//! When is a webhook that was not accepted sent again? `docs/webhooks.md` publishes the schedule.

use std::time::Duration;

use uuid::Uuid;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

/// The pauses between the attempts without their jitter, three days together. None is longer than 11 hours, because SQS hides a message for at most 12.
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

/// The longest pause without jitter, also if a receiver asks for a longer one.
pub const LONGEST_PAUSE: Duration = hours(11);

/// The longest jitter.
const MAX_JITTER: Duration = minutes(30);

/// The number of attempts.
pub const ATTEMPTS: usize = PAUSES.len() + 1;

/// The time that a queue keeps a message: the longest that SQS offers, so that it outlasts every outage of a receiver.
pub const RETENTION: Duration = hours(14 * 24);

/// The pause after the `attempt`th attempt, which is the first for 1; `None` after the last.
///
/// Up to a tenth is added, whole seconds that depend on the id of the event, so that the webhooks of an outage do not all return in the
/// same second and bring a receiver down that has just recovered.
pub fn pause_after(attempt: u32, event: Uuid) -> Option<Duration> {
    let index = usize::try_from(attempt).unwrap_or(usize::MAX).saturating_sub(1);
    let pause = *PAUSES.get(index)?;
    let most = (pause / 10).min(MAX_JITTER).as_secs();
    // The second half of an id is random or a hash.
    let (_, tail) = event.as_u64_pair();
    Some(pause + seconds(tail % (most + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_tried_for_three_days_with_growing_pauses() {
        let pause = |attempt| pause_after(attempt, Uuid::nil());
        assert_eq!((pause(1), pause(2)), (Some(seconds(5)), Some(minutes(1))));
        assert_eq!((pause(12), pause(13), pause(u32::MAX)), (Some(hours(11)), None, None));
        assert_eq!(pause(0), Some(seconds(5)), "a queue that counts from 0");
        assert!(PAUSES.is_sorted() && PAUSES.last() == Some(&LONGEST_PAUSE));
        assert!(LONGEST_PAUSE + MAX_JITTER < hours(12), "the longest time that SQS hides a message");
        let all: Duration = PAUSES.iter().sum();
        assert!(all >= hours(72) && all < RETENTION);
    }

    #[test]
    fn the_webhooks_of_an_outage_return_at_different_times() {
        let pauses = |attempt| (0..10_000).map(move |id| pause_after(attempt, Uuid::from_u128(id)).unwrap());
        for (attempt, pause, most) in [
            (1, seconds(5), 0),
            (2, minutes(1), 6),
            (5, hours(2), 720),
            (7, hours(10), 1_800),
            (12, hours(11), 1_800),
        ] {
            let all: std::collections::BTreeSet<Duration> = pauses(attempt).collect();
            assert_eq!(
                (all.first(), all.last()),
                (Some(&pause), Some(&(pause + seconds(most)))),
                "{attempt}"
            );
            assert_eq!(all.len() as u64, most + 1, "{attempt}");
        }
    }
}
