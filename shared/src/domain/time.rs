//! Moments in whole seconds, as tokens and rows hold them.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

/// A moment in whole seconds since 1970-01-01T00:00:00Z, as tokens and rows hold it.
///
/// An item is valid while `now < expires_at`, and expired from that second on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `seconds` after the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Whole seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Seconds from `self` to `later`; 0 if `later` has passed.
    pub fn seconds_until(self, later: Self) -> u64 {
        u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0)
    }

    /// The time between two moments, in either order, so that a clock that runs behind is no sign of theft.
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_secs(self.0.abs_diff(other.0))
    }

    /// The start of its hour, in UTC.
    pub fn start_of_hour(self) -> Self {
        Self(self.0 - self.0.rem_euclid(3_600))
    }

    /// The moment `duration` before this one.
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_seconds(duration)))
    }

    /// Parses an RFC 3339 text in any time zone.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|moment| Self(moment.timestamp()))
    }

    /// RFC 3339 in UTC with whole seconds, as all responses have it.
    pub fn to_rfc3339(self) -> String {
        DateTime::<Utc>::from_timestamp(self.0, 0)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
            .to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_seconds(duration)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_rfc3339())
    }
}

/// As [`Timestamp::to_rfc3339`].
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_with_whole_seconds() {
        assert_eq!(Timestamp::from_seconds(1_732_442_400).to_rfc3339(), "2024-11-24T10:00:00Z");
    }

    #[test]
    fn a_moment_is_parsed_in_any_time_zone() {
        let expected = Some(Timestamp::from_seconds(1_732_442_400));
        for text in ["2024-11-24T10:00:00Z", "2024-11-24T12:00:00.999+02:00"] {
            assert_eq!(Timestamp::parse_rfc3339(text), expected, "{text}");
        }
        for text in ["", "1732442400", "2024-11-24", "2024-11-24T10:00:00", "2024-13-24T10:00:00Z"] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn a_difference_has_a_direction_and_a_distance_has_none() {
        let (early, late) = (Timestamp::from_seconds(100), Timestamp::from_seconds(160));
        assert_eq!((early.seconds_until(late), late.seconds_until(early)), (60, 0));
        assert_eq!(
            (early.distance(late), late.distance(early)),
            (Duration::from_secs(60), Duration::from_secs(60))
        );
        assert_eq!((late.before(Duration::from_secs(60)), early + Duration::from_secs(60)), (early, late));
    }

    #[test]
    fn a_moment_is_displayed_and_serialised_as_rfc_3339() {
        let moment = Timestamp::from_seconds(1_732_442_400);
        assert_eq!(moment.to_string(), "2024-11-24T10:00:00Z");
        assert_eq!(serde_json::to_value(moment).unwrap(), "2024-11-24T10:00:00Z");
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_still_written() {
        assert!(!Timestamp::from_seconds(i64::MAX).to_rfc3339().is_empty());
        assert_eq!(
            Timestamp::from_seconds(i64::MAX) + Duration::from_secs(9),
            Timestamp::from_seconds(i64::MAX)
        );
    }
}
