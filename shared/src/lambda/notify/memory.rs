//! Which records has this process handled already? A repeated batch then sends none of their messages again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// The number of records that are remembered: those of twenty batches.
const CAPACITY: usize = 1_000;

/// The newest records that were handled, by the keys of their items.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<VecDeque<String>>);

impl Memory {
    pub(super) fn contains(&self, record: &Value) -> bool {
        let keys = keys(record);
        let newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest.iter().any(|own| Some(own) == keys.as_ref())
    }

    pub(super) fn add(&self, record: &Value) {
        let Some(keys) = keys(record) else { return };
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.len() == CAPACITY {
            newest.pop_front();
        }
        newest.push_back(keys);
    }
}

/// The keys of the record's item. Sequence numbers are unique in their shard only.
fn keys(record: &Value) -> Option<String> {
    let keys = &record["dynamodb"]["Keys"];
    (!keys.is_null()).then(|| keys.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_newest_records_are_remembered() {
        let record = |id: usize| json!({"dynamodb": {"Keys": {"event_id": {"S": id.to_string()}}}});
        let memory = Memory::default();
        (0..=CAPACITY).for_each(|id| memory.add(&record(id)));
        assert!(!memory.contains(&record(0)) && memory.contains(&record(1)));
        assert!(memory.contains(&record(CAPACITY)) && !memory.contains(&record(CAPACITY + 1)));
        memory.add(&json!({}));
        assert!(!memory.contains(&json!({})), "a record without keys is like no other");
    }
}
