//! The keys that are over their rate limit, in the memory of one instance, so that a client that keeps calling
//! after a refusal causes no call to the store.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::time::Timestamp;

/// Keys that an instance remembers, about 100 bytes each.
const CAPACITY: usize = 1_024;

/// The refused keys, each with the end of its refusal.
#[derive(Debug, Default)]
pub struct RefusalCache(Mutex<HashMap<String, Timestamp>>);

impl RefusalCache {
    /// The end of the refusal of `key`, if the key is refused at `now`.
    pub fn until(&self, key: &str, now: Timestamp) -> Option<Timestamp> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(key).copied().filter(|until| now < *until)
    }

    /// Remembers a refusal. A full cache first drops refusals that are over, then the refusal that ends first.
    /// Dropping one is harmless: the next attempt costs one call to the store.
    pub fn remember(&self, key: &str, until: Timestamp, now: Timestamp) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= CAPACITY {
            keys.retain(|_, until| now < *until);
        }
        if keys.len() >= CAPACITY
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
    fn a_refusal_is_remembered_until_it_ends() {
        let cache = RefusalCache::default();
        cache.remember("a", at(10), at(0));
        assert_eq!(cache.until("a", at(9)), Some(at(10)));
        assert_eq!(cache.until("a", at(10)), None);
        assert_eq!(cache.until("b", at(0)), None);
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = RefusalCache::default();
        for number in 0..5_000 {
            cache.remember(&number.to_string(), at(10_000 + number), at(0));
        }
        assert_eq!(cache.0.lock().unwrap().len(), CAPACITY);
        assert!(cache.until("4999", at(0)).is_some(), "the newest is kept");
        cache.remember("late", at(99_999), at(50_000));
        assert_eq!(cache.0.lock().unwrap().len(), 1, "refusals that are over are dropped first");
    }
}
