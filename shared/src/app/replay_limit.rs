//! The limit of replays, in the memory of one instance.
//!
//! A replay writes nothing, so that the refresh limit, which is in the row, does not count it. Without a limit a client could
//! repeat one request for ever, and every repetition costs a write unit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::id::SessionId;
use crate::domain::session::refresh_token::RefreshToken;
use crate::domain::time::Timestamp;

/// Replays of one refresh token within [`REPLAY_WINDOW`]. The tabs of a browser need a few dozen at most.
const REPLAYS_MAX: u32 = 100;

/// The time in which replays are counted.
const REPLAY_WINDOW: Duration = Duration::from_secs(300);

/// Tokens that an instance remembers, about 50 bytes each.
const CAPACITY: usize = 4_096;

/// A token by its session and generation, so that a refused token refuses no other one.
type Key = (SessionId, u64);

/// The replays of one token: the start of the window, and their number.
#[derive(Clone, Copy, Debug)]
struct Replays {
    since: Timestamp,
    count: u32,
}

/// The replays that this instance has answered.
#[derive(Debug, Default)]
pub(crate) struct ReplayLimit(Mutex<HashMap<Key, Replays>>);

impl ReplayLimit {
    /// The end of the refusal of a token, if it was replayed too often.
    pub(crate) fn refused_until(&self, token: &RefreshToken, now: Timestamp) -> Option<Timestamp> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let replays = tokens.get(&(token.session, token.generation))?;
        (replays.is_running(now) && replays.count >= REPLAYS_MAX).then(|| replays.since + REPLAY_WINDOW)
    }

    /// Counts a replay. A full table first drops the windows that are over, then everything: forgetting costs a few
    /// write units.
    pub(crate) fn count(&self, token: &RefreshToken, now: Timestamp) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= CAPACITY {
            tokens.retain(|_, replays| replays.is_running(now));
        }
        if tokens.len() >= CAPACITY {
            tokens.clear();
        }
        let new = Replays { since: now, count: 0 };
        let replays = tokens.entry((token.session, token.generation)).or_insert(new);
        if !replays.is_running(now) {
            *replays = new;
        }
        replays.count = replays.count.saturating_add(1);
    }
}

impl Replays {
    /// Whether the window includes `now`. A window that begins in the future does not, because the clock was set back.
    fn is_running(self, now: Timestamp) -> bool {
        self.since <= now && now < self.since + REPLAY_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::id::derive_session_id;
    use crate::domain::limit::Window;
    use crate::domain::session::nonce::Nonce;
    use crate::domain::session::refresh_token::KeyTag;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn token(session: i64, generation: u64) -> RefreshToken {
        RefreshToken {
            bound_key: None,
            was_in_body: false,
            user: "alice".parse().unwrap(),
            session: derive_session_id(session, &[1; 32]),
            generation,
            issued_at: at(0),
            expires_at: at(0),
            absolute_expires_at: at(0),
            nonce: Nonce::new([1; 16]),
            window: Window { start: at(0), count: 0 },
            fingerprint: Fingerprint::default(),
            sealed_by: KeyTag::new(*b"k1"),
        }
    }

    #[test]
    fn a_token_is_refused_after_a_hundred_replays_until_its_window_ends() {
        let limit = ReplayLimit::default();
        for number in 0..100 {
            assert_eq!(limit.refused_until(&token(1, 1), at(50)), None, "{number}");
            limit.count(&token(1, 1), at(50));
        }
        assert_eq!(limit.refused_until(&token(1, 1), at(349)), Some(at(350)));
        assert_eq!(limit.refused_until(&token(1, 1), at(350)), None);
        assert_eq!(limit.refused_until(&token(1, 1), at(49)), None, "the clock was set back");
        limit.count(&token(1, 1), at(350));
        assert_eq!(limit.refused_until(&token(1, 1), at(350)), None, "a new window");
    }

    #[test]
    fn other_generations_and_sessions_are_not_refused() {
        let limit = ReplayLimit::default();
        for _ in 0..100 {
            limit.count(&token(1, 1), at(0));
        }
        assert_eq!(limit.refused_until(&token(1, 2), at(0)), None);
        assert_eq!(limit.refused_until(&token(2, 1), at(0)), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let limit = ReplayLimit::default();
        for number in 0..10_000 {
            limit.count(&token(number, 1), at(0));
            assert!(limit.0.lock().unwrap().len() <= CAPACITY);
        }
        limit.count(&token(1, 9), at(1_000));
        for number in 0..i64::try_from(CAPACITY).unwrap() {
            limit.count(&token(number, 2), at(1_000));
        }
        assert!(limit.0.lock().unwrap().len() <= CAPACITY);
    }
}
