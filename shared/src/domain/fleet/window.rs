//! Which time does a list of the fleet cover?

use std::ops::RangeInclusive;
use std::time::Duration;

use uuid::Uuid;

use crate::domain::time::Timestamp;

/// How far the clocks of instances may be ahead, so that a list that ends now shows their newest entries, too.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Bits of an id after its milliseconds.
pub(super) const TAIL_BITS: u32 = 80;

/// The last millisecond that an id can have.
const MILLIS_MAX: u128 = (1 << 48) - 1;

/// A range of whole seconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    from: Timestamp,
    to: Timestamp,
}

impl Window {
    /// The seconds from `from` to `to`. The default of `to` is now, that of `from` is `length` before `to`.
    ///
    /// It never begins before `now - kept`, because older entries are deleted, and never ends after now, so that a list does
    /// not search years without entries. Returns `None` if `from` is after `to` or in the future.
    pub fn new(
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        length: Duration,
        kept: Duration,
        now: Timestamp,
    ) -> Option<Self> {
        let end = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| end.before(length));
        let to = to.map_or(now + CLOCK_SKEW, |to| to.min(now + CLOCK_SKEW));
        (from <= end && from <= to).then(|| Self { from: from.max(now.before(kept)), to })
    }

    /// The first second.
    pub const fn from(self) -> Timestamp {
        self.from
    }

    /// The last second.
    pub const fn to(self) -> Timestamp {
        self.to
    }

    /// Whether a moment is in one of these seconds.
    pub fn contains(self, moment: Timestamp) -> bool {
        (self.from..=self.to).contains(&moment)
    }

    /// The ids of these seconds: UUIDs of version 7 as numbers. The range is empty if all of it is older than what is kept.
    pub fn ids(self) -> RangeInclusive<u128> {
        let last = (first_millis(self.to) + 999).min(MILLIS_MAX);
        first_id_of(self.from).as_u128()..=(last << TAIL_BITS | ((1 << TAIL_BITS) - 1))
    }
}

/// The lowest id of a second.
pub fn first_id_of(moment: Timestamp) -> Uuid {
    Uuid::from_u128(first_millis(moment) << TAIL_BITS)
}

fn first_millis(moment: Timestamp) -> u128 {
    u128::try_from(moment.seconds()).unwrap_or(0).saturating_mul(1_000).min(MILLIS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Duration = Duration::from_secs(7 * 86_400);
    const KEPT: Duration = Duration::from_secs(90 * 86_400);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn window(from: Option<i64>, to: Option<i64>) -> Option<(i64, i64)> {
        let window = Window::new(from.map(at), to.map(at), WEEK, KEPT, at(10_000_000))?;
        Some((window.from.seconds(), window.to.seconds()))
    }

    #[test]
    fn a_window_ends_now_and_lasts_a_week_by_default() {
        assert_eq!(window(None, None), Some((10_000_000 - 604_800, 10_000_060)));
        assert_eq!(window(None, Some(5_000_000)), Some((5_000_000 - 604_800, 5_000_000)));
        assert_eq!(window(Some(9_999_999), None), Some((9_999_999, 10_000_060)));
        assert_eq!(window(Some(7), Some(7)), Some((10_000_000 - 90 * 86_400, 7)), "older than what is kept");
    }

    #[test]
    fn a_window_never_begins_after_its_end_or_in_the_future() {
        assert_eq!(window(Some(6_000_000), Some(5_999_999)), None);
        assert_eq!(window(Some(10_000_001), None), None);
        assert_eq!(window(Some(10_000_061), Some(20_000_000)), None);
        assert_eq!(window(None, Some(20_000_000)), None, "its begin would be in the future");
        assert_eq!(window(Some(9_000_000), Some(20_000_000)), Some((9_000_000, 10_000_060)));
    }

    #[test]
    fn a_window_contains_its_seconds() {
        let window = Window { from: at(3_700), to: at(9_000) };
        assert!(window.contains(at(3_700)) && window.contains(at(9_000)));
        assert!(!window.contains(at(3_699)) && !window.contains(at(9_001)));
    }

    #[test]
    fn the_ids_of_a_window_are_those_of_its_seconds() {
        let ids = Window { from: at(2), to: at(3) }.ids();
        let id = |millis, tail: [u8; 10]| {
            uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().as_u128()
        };
        assert!(ids.contains(&id(2_000, [0; 10])) && ids.contains(&id(3_999, [255; 10])));
        assert!(!ids.contains(&id(1_999, [255; 10])) && !ids.contains(&id(4_000, [0; 10])));
        let all = Window { from: at(-5), to: at(i64::MAX) }.ids();
        assert_eq!((*all.start(), *all.end()), (0, u128::MAX));
        assert!(Window { from: at(9), to: at(3) }.ids().is_empty());
    }
}
