//! The bucket of a session in the expiry index: a day of its shard.
//!
//! Each shard's day begins at an hour of its own, so that not all writes move to new partitions at midnight UTC. A
//! throttled index would throttle its table, and refresh would fail for all users.

use std::fmt;
use std::ops::RangeInclusive;

use crate::domain::id::SessionId;
use crate::domain::time::Timestamp;

const DAY_SECONDS: i64 = 86_400;

/// One partition of the expiry index: the sessions of a shard that expire on one of its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    /// The day, counted from the epoch at the shard's own hour.
    pub day: i64,
    /// The shard.
    pub shard: u16,
    /// How many shards there are.
    pub of: u16,
}

impl Bucket {
    /// The bucket of a session that ends at `expires_at`.
    pub fn of_session(session: &SessionId, expires_at: Timestamp, shards: u16) -> Self {
        let bytes = session.as_bytes();
        let of = shards.max(1);
        let shard = u16::from_be_bytes([bytes[14], bytes[15]]) % of;
        let day = (expires_at.seconds() + offset(shard, of)).div_euclid(DAY_SECONDS);
        Self { day, shard, of }
    }

    /// The buckets of a day, over all shards.
    pub fn of_day(day: i64, shards: u16) -> impl Iterator<Item = Self> {
        (0..shards.max(1)).map(move |shard| Self { day, shard, of: shards.max(1) })
    }

    /// The days on which the shards are at `now`: the earliest and the latest.
    pub fn days_at(now: Timestamp) -> RangeInclusive<i64> {
        let day = now.seconds().div_euclid(DAY_SECONDS);
        day..=day + 1
    }

    /// The first second whose sessions are in this bucket.
    pub fn begins_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.day * DAY_SECONDS - offset(self.shard, self.of))
    }

    /// The first second whose sessions are in the next bucket.
    pub fn closes_at(&self) -> Timestamp {
        Timestamp::from_seconds((self.day + 1) * DAY_SECONDS - offset(self.shard, self.of))
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}/{}", self.day, self.shard, self.of)
    }
}

fn offset(shard: u16, of: u16) -> i64 {
    i64::from(shard) * DAY_SECONDS / i64::from(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::derive_session_id;

    fn session(shard: u8) -> SessionId {
        let mut digest = [0; 32];
        digest[8..10].copy_from_slice(&[0, shard]);
        derive_session_id(0, &digest)
    }

    #[test]
    fn the_bucket_of_a_shard_changes_at_its_own_hour() {
        let at = |seconds| Bucket::of_session(&session(4), Timestamp::from_seconds(seconds), 16);
        assert_eq!(at(DAY_SECONDS * 3 / 4 - 1).to_string(), "0#4/16");
        assert_eq!(at(DAY_SECONDS * 3 / 4).to_string(), "1#4/16");
    }

    #[test]
    fn every_second_belongs_to_exactly_one_bucket() {
        for shard in 0..7 {
            for seconds in (0..4 * DAY_SECONDS).step_by(7_201) {
                let moment = Timestamp::from_seconds(seconds);
                let bucket = Bucket::of_session(&session(shard), moment, 7);
                assert!(bucket.begins_at() <= moment && moment < bucket.closes_at(), "{bucket} at {seconds}");
                assert!(Bucket::days_at(moment).contains(&bucket.day), "{bucket} at {seconds}");
            }
        }
    }
}
