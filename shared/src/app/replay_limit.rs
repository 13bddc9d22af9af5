//! The limit of replays, in the memory of one instance.
//!
//! A replay writes nothing, so that the refresh limit, which is in the row, does not count it. Without a limit a client could
//! repeat one request for ever, and every repetition costs a write unit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::id::SessionId;
use crate::domain::session::evidence::{KEY_REPLAY, KeyHash, RotationState};
use crate::domain::session::presented::Presented;
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
    rotation: Option<Rotation>,
}

/// The rotation that made the presented generation, if that was the current one at the last replay. Then the token is no
/// replay with another key, nor once its key may rotate again.
#[derive(Clone, Copy, Debug)]
struct Rotation {
    key: Option<KeyHash>,
    at: Timestamp,
}

/// The replays that this instance has answered.
#[derive(Debug, Default)]
pub(crate) struct ReplayLimit(Mutex<HashMap<Key, Replays>>);

impl ReplayLimit {
    /// The end of the refusal of a token, if it was replayed too often and cannot rotate.
    pub(crate) fn refused_until(&self, presented: &Presented<'_>) -> Option<Timestamp> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let replays = tokens.get(&key_of(presented.token))?;
        let is_over = replays.is_running(presented.now) && replays.count >= REPLAYS_MAX;
        (is_over && !replays.may_rotate(presented)).then(|| replays.since + REPLAY_WINDOW)
    }

    /// Counts a replay, which the row has answered. A full table first drops the windows that are over, then everything:
    /// forgetting costs a few write units.
    pub(crate) fn count(&self, presented: &Presented<'_>, row: &RotationState) {
        let now = presented.now;
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= CAPACITY {
            tokens.retain(|_, replays| replays.is_running(now));
        }
        if tokens.len() >= CAPACITY {
            tokens.clear();
        }
        let new = Replays { since: now, count: 0, rotation: None };
        let replays = tokens.entry(key_of(presented.token)).or_insert(new);
        if !replays.is_running(now) {
            *replays = new;
        }
        let is_current = row.generation == presented.token.generation;
        replays.rotation = is_current.then_some(Rotation { key: row.keys[0], at: row.rotated_at });
        replays.count = replays.count.saturating_add(1);
    }
}

fn key_of(token: &RefreshToken) -> Key {
    (token.session, token.generation)
}

impl Replays {
    /// Whether the request may be a rotation by now.
    fn may_rotate(self, presented: &Presented<'_>) -> bool {
        self.rotation.is_some_and(|made| {
            presented.keys.newest != made.key || presented.now.distance(made.at) >= KEY_REPLAY
        })
    }

    /// Whether the window includes `now`. A window that begins in the future does not, because the clock was set back.
    fn is_running(self, now: Timestamp) -> bool {
        self.since <= now && now < self.since + REPLAY_WINDOW
    }
}

#[cfg(test)]
mod tests;
