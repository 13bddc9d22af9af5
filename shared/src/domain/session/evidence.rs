//! The rule of a refresh: is a refresh token presented by the client that rotated the session, or by another one?
//!
//! A refresh token that arrives a second time belongs either to an honest client whose response was lost or to a thief.
//! The server cannot see which. So an older token is accepted if the request has evidence that it comes from the client
//! that made the last rotation, and the stronger the evidence, the longer. Anything else is reuse and ends the session.
//!
//! **Keys.** Each sign-in and each refresh has an idempotency key, which is a random secret of the client. A refresh also
//! shows up to two keys of earlier attempts. The row holds a hash of the keys that made its last three generations: `q1`
//! the newest, then `q2` and `q3`.
//!
//! [`weigh`] is this table, in which the first matching row wins:
//!
//! | evidence | presented | decision |
//! |---|---|---|
//! | a generation that the row has not reached | newer | [`Evidence::Regression`] |
//! | one of the keys made the current generation, from any device | any older generation | [`Evidence::Replay`] |
//! | a proof by the key that the session is bound to ([`super::binding`]) | any older generation | [`Evidence::ProvenReplay`] |
//! | the `Idempotency-Key` made the current generation less than 10 minutes ago | the current generation | [`Evidence::Replay`] |
//! | none needed | the current generation | [`Evidence::Rotate`] |
//! | one of the keys made an older generation, but none before the presented one; the last rotation is at most 60 s ago | older | [`Evidence::Superseded`] |
//! | the session is bound, and the request has no proof | older | [`Evidence::Reuse`] |
//! | the same device, no key in the row, within grace (60 s) | the direct predecessor | [`Evidence::Replay`] |
//! | the same device, a key in the row, within 10 s | the direct predecessor | [`Evidence::RecordedReplay`] |
//! | the same device on the same network, within the late retry (24 h, 0 is off) | the direct predecessor | [`Evidence::RecordedReplay`] |
//! | none of these | older | [`Evidence::Reuse`] |
//!
//! **A proven replay** may come from a copy of the browser's profile with its key, so that the user's audit trail shows it.
//!
//! **A recorded replay** is never granted for two generations in a row, so that a thief that imitates the device gets at
//! most one generation in this way before the next attempt is reuse.
//!
//! **Superseded** is the answer to a request that was under way while a later request of the same client rotated. It
//! grants nothing, because the current generation was made with a key that it does not show, and it ends
//! nothing, because it shows a key of this client.
//!
//! All periods count from the last rotation in both directions, because the clocks of instances differ.

use std::time::Duration;

use aws_lc_rs::digest;

use super::binding::Possession;
use super::idempotency_key::IdempotencyKey;
use super::lifetimes::Lifetimes;
use crate::domain::id::SessionId;
use crate::domain::time::Timestamp;

/// How long after a rotation the same device may present the predecessor while the row holds a key: 10 s. Clients with
/// keys do not need grace, so a thief gets little of it.
pub const KEYED_GRACE: Duration = Duration::from_secs(10);

/// How long a repeated request with the key of the current generation gets the current token again: 10 min. A client that
/// shows only one constant key still rotates after this time.
pub const KEY_REPLAY: Duration = Duration::from_secs(600);

/// How long after a rotation a request that a later one of the same client overtook is answered with a conflict: 60 s.
pub const SUPERSEDED_FOR: Duration = Duration::from_secs(60);

/// The first 8 bytes of SHA-256 of the session's id and a key. The row holds it instead of the key, so that a stolen
/// table shows no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash([u8; 8]);

/// The keys that a request shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequestKeys {
    /// The `Idempotency-Key` of this request.
    pub newest: Option<KeyHash>,
    /// The keys of the client's attempts before.
    pub previous: [Option<KeyHash>; 2],
}

/// The last rotations of a session, as its row holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RotationState {
    /// The current generation.
    pub generation: u64,
    /// When the current generation began.
    pub rotated_at: Timestamp,
    /// The keys that made the current generation and the two before it (`q1`, `q2`, `q3`).
    pub keys: [Option<KeyHash>; 3],
    /// The generation for which a replay was last recorded (`lr`).
    pub recorded: Option<u64>,
}

/// The evidence that a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Presentation {
    /// The generation of its refresh token.
    pub generation: u64,
    /// Its keys.
    pub keys: RequestKeys,
    /// Whether it proves that it has the key of the session.
    pub possession: Possession,
    /// Whether its device is of the family that made the last rotation.
    pub same_device: bool,
    /// Whether it comes from the network of the last rotation. An IPv4 and an IPv6 network are never the same.
    pub same_network: bool,
}

/// The periods of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceRules {
    /// How long the same device may present the predecessor, if no key is in the row. Default: 60 s.
    pub grace: Duration,
    /// The same while the row holds a key, at most `grace`: [`KEYED_GRACE`].
    pub keyed_grace: Duration,
    /// See [`KEY_REPLAY`].
    pub key_replay: Duration,
    /// How long the same device on the same network may present the predecessor; 0 is off. Default: 24 h.
    pub late_retry: Duration,
    /// See [`SUPERSEDED_FOR`].
    pub superseded: Duration,
}

/// The decision about a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// The token is current: make the next generation.
    Rotate,
    /// The client that rotated repeats its request: the current token is the answer, and nothing is written.
    Replay,
    /// As `Replay`, for a request that shows no key of the current generation and proves that it has the key of the session.
    ProvenReplay,
    /// As `Replay`, but on weak evidence: record it in the row before the answer.
    RecordedReplay,
    /// A later request of the same client was faster: 409, and nothing is written, granted or ended.
    Superseded,
    /// The token may have been stolen: the session ends.
    Reuse,
    /// The token is newer than the row, because the table was restored from a backup: the session ends.
    Regression,
}

/// Decides about a refresh token of a live session by the table above.
pub fn weigh(state: &RotationState, shown: &Presentation, now: Timestamp, rules: &EvidenceRules) -> Evidence {
    let elapsed = now.distance(state.rotated_at);
    if shown.generation > state.generation {
        return Evidence::Regression;
    }
    if shown.generation == state.generation {
        // `<`, because the condition of the write lets the key rotate again from `key_replay` on.
        let is_repeated = state.was_made_by(0, shown.keys.newest) && elapsed < rules.key_replay;
        return if is_repeated { Evidence::Replay } else { Evidence::Rotate };
    }
    if shown.keys.any(|key| state.was_made_by(0, Some(key))) {
        return Evidence::Replay;
    }
    if shown.possession == Possession::Proven {
        return Evidence::ProvenReplay;
    }
    let behind = state.generation - shown.generation;
    if elapsed <= rules.superseded && shown.keys.any(|key| state.made_one_since(behind, key)) {
        return Evidence::Superseded;
    }
    // The rest is weak evidence, which a thief can imitate and the owner of a bound session does not need.
    if behind > 1 || !shown.same_device || shown.possession == Possession::Unproven {
        return Evidence::Reuse;
    }
    if !state.has_keys() && elapsed <= rules.grace {
        return Evidence::Replay;
    }
    let in_keyed_grace = state.has_keys() && elapsed <= rules.grace.min(rules.keyed_grace);
    let is_late_retry = shown.same_network && !rules.late_retry.is_zero() && elapsed <= rules.late_retry;
    if in_keyed_grace || is_late_retry { state.record_once() } else { Evidence::Reuse }
}

impl EvidenceRules {
    /// The periods from the settings.
    pub fn of(lifetimes: &Lifetimes) -> Self {
        Self {
            grace: lifetimes.grace,
            keyed_grace: KEYED_GRACE,
            key_replay: KEY_REPLAY,
            late_retry: lifetimes.late_retry,
            superseded: SUPERSEDED_FOR,
        }
    }
}

impl KeyHash {
    /// The hash of a key for one session. The session's id is part of it, so that equal keys of two sessions differ.
    pub fn of(session: &SessionId, key: &IdempotencyKey) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(session.as_bytes());
        context.update(key.expose().as_bytes());
        let mut hash = [0; 8];
        hash.copy_from_slice(&context.finish().as_ref()[..8]);
        Self(hash)
    }

    /// The hash in a row.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes for a row.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl RequestKeys {
    /// The hashes of a request's keys for one session.
    pub fn of(session: &SessionId, newest: Option<&IdempotencyKey>, previous: &[IdempotencyKey]) -> Self {
        let hash = |key: &IdempotencyKey| KeyHash::of(session, key);
        Self { newest: newest.map(hash), previous: [previous.first().map(hash), previous.get(1).map(hash)] }
    }

    /// Whether the request shows this key.
    pub fn contains(&self, key: KeyHash) -> bool {
        self.any(|shown| shown == key)
    }

    fn any(&self, mut matches: impl FnMut(KeyHash) -> bool) -> bool {
        [self.newest, self.previous[0], self.previous[1]].into_iter().flatten().any(&mut matches)
    }
}

impl RotationState {
    /// The state after a rotation at `now` with `key`. The `SET` of the store does the same.
    pub fn rotated(&self, key: Option<KeyHash>, now: Timestamp) -> Self {
        let [newest, before, _] = self.keys;
        Self {
            generation: self.generation + 1,
            rotated_at: now,
            keys: [key, newest, before],
            recorded: self.recorded,
        }
    }

    /// The state after a recorded replay of the current generation.
    pub fn recorded(&self) -> Self {
        Self { recorded: Some(self.generation), ..*self }
    }

    /// Whether `key` made the generation that is `back` generations before the current one.
    fn was_made_by(&self, back: usize, key: Option<KeyHash>) -> bool {
        key.is_some() && self.keys[back] == key
    }

    /// Whether `key` made one of the older generations that are at most `behind` generations back.
    fn made_one_since(&self, behind: u64, key: KeyHash) -> bool {
        (1..self.keys.len()).any(|back| back as u64 <= behind && self.was_made_by(back, Some(key)))
    }

    fn has_keys(&self) -> bool {
        self.keys.iter().any(Option::is_some)
    }

    /// Grants a replay on weak evidence, unless the generation before was granted in the same way.
    fn record_once(&self) -> Evidence {
        match self.recorded {
            // It is recorded already, and the same token is the answer again.
            Some(recorded) if recorded == self.generation => Evidence::Replay,
            Some(recorded) if recorded.checked_add(1) == Some(self.generation) => Evidence::Reuse,
            _ => Evidence::RecordedReplay,
        }
    }
}

#[cfg(test)]
mod tests;
