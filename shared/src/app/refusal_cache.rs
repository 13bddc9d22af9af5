//! Who is refused for now? A small memory of a warm instance, so that a client who hammers after its refusal
//! costs no call.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::time::Timestamp;

/// Keys that an instance remembers; each is some 100 bytes.
const MOST: usize = 1_024;

/// The keys that are refused, and until when.
#[derive(Debug, Default)]
pub struct RefusalCache(Mutex<HashMap<String, Timestamp>>);

impl RefusalCache {
    /// Until when a key is refused, if it is at `now`.
    pub fn until(&self, key: &str, now: Timestamp) -> Option<Timestamp> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).copied().filter(|until| now < *until)
    }

    /// Remembers a refusal. When the memory is full, what is over goes; when nothing is over, so does what
    /// ends first: forgetting costs one call.
    pub fn remember(&self, key: &str, until: Timestamp, now: Timestamp) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.retain(|_, until| now < *until);
        }
        if keys.len() >= MOST
            && let Some(first) = keys.iter().min_by_key(|(_, until)| **until).map(|(key, _)| key.clone())
        {
            keys.remove(&first);
        }
        keys.insert(key.to_owned(), until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_refusal_is_remembered_until_its_second() {
        let remembered = RefusalCache::default();
        remembered.remember("a", at(10), at(0));
        assert_eq!(remembered.until("a", at(9)), Some(at(10)));
        assert_eq!(remembered.until("a", at(10)), None);
        assert_eq!(remembered.until("b", at(0)), None);
    }

    #[test]
    fn the_memory_is_bounded_whoever_knocks() {
        let remembered = RefusalCache::default();
        for number in 0..5_000 {
            remembered.remember(&number.to_string(), at(10_000 + number), at(0));
        }
        assert_eq!(remembered.0.lock().unwrap().len(), MOST);
        assert!(remembered.until("4999", at(0)).is_some(), "the newest is kept");
        remembered.remember("late", at(99_999), at(50_000));
        assert_eq!(remembered.0.lock().unwrap().len(), 1, "what is over goes first");
    }
}
