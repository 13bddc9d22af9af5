//! In which partition of the index `fleet` is an event?
//!
//! An event is in the partition of its class, its day and one of 16 shards. The class keeps events of severity medium and
//! worse apart, so that ordinary sign-ins do not slow down the list of what matters. The day and the shard come from the
//! event's id, so that an event stays in its partition, and so that a cursor, which is an id, leads to a partition.

use uuid::Uuid;

use crate::domain::fleet::scan::day_of;
use crate::domain::severity::Severity;

/// Partitions of one class and day. A partition accepts 1,000 writes a second, and a throttled index cancels the writes of
/// its table.
const SHARDS: u8 = 16;

/// The class of events of severity medium and worse.
const SEVERE: &str = "s";
/// The class of the other events.
const ORDINARY: &str = "i";

/// The partition of an event in the index.
pub(super) fn fleet_partition(id: Uuid, severity: Severity) -> String {
    partition(class(severity), &day_of(id), id.as_bytes()[15] % SHARDS)
}

/// The partitions of a day that can have events of at least this severity.
pub fn fleet_partitions(day: &str, least: Severity) -> Vec<String> {
    let classes: &[&str] = if class(least) == SEVERE { &[SEVERE] } else { &[SEVERE, ORDINARY] };
    let shards = |class: &&'static str| {
        let class = *class;
        (0..SHARDS).map(move |shard| partition(class, day, shard))
    };
    classes.iter().flat_map(shards).collect()
}

fn class(severity: Severity) -> &'static str {
    if severity >= Severity::Medium { SEVERE } else { ORDINARY }
}

fn partition(class: &str, day: &str, shard: u8) -> String {
    format!("{class}#{day}#{shard}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_in_one_of_the_partitions_that_a_list_reads() {
        for tail in 0..=255 {
            let id = uuid::Builder::from_unix_timestamp_millis(86_400_000, &[tail; 10]).into_uuid();
            for severity in Severity::ALL.iter().copied() {
                let own = fleet_partition(id, severity);
                for least in Severity::ALL.iter().copied().filter(|least| severity >= *least) {
                    let read = fleet_partitions("1970-01-02", least);
                    assert_eq!(
                        read.iter().filter(|partition| **partition == own).count(),
                        1,
                        "{own} {least:?}"
                    );
                }
            }
        }
        assert_eq!(fleet_partitions("1970-01-02", Severity::Medium).len(), 16);
        assert_eq!(fleet_partitions("1970-01-02", Severity::Low).len(), 32);
    }
}
