//! The rules under test: the one that ships, the one before it, and mutants that miss one part.
//!
//! A mutant is a wrapper around the functions that ship. It changes what they read or what they return, so that it
//! follows every other change of the rule.

use std::time::Duration;

use latchkey::domain::session::binding::Possession;
use latchkey::domain::session::evidence::{
    Evidence, EvidenceRules, KEY_REPLAY, KEYED_GRACE, Presentation, RequestKeys, RotationState,
    SUPERSEDED_FOR, weigh,
};
use latchkey::domain::time::Timestamp;

/// A rule for refresh tokens, with its periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The periods, which are settings or constants of the server.
    pub periods: EvidenceRules,
    /// The difference from the rule that ships.
    pub variant: Variant,
}

/// How a rule differs from the one that ships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Not at all.
    Shipped,
    /// The rule of the first versions: the same device may present the predecessor within grace, and nothing else counts.
    GraceOnly,
    /// The rule for a session that is bound to a key of its device, and a request that proves its possession.
    Bound,
    /// Mutant: any key in the row is accepted for any older token.
    AnyKnownKey,
    /// Mutant: no 409. A request that was overtaken is judged as if it showed no keys.
    NoConflict,
    /// Mutant: grace is not recorded for sessions with keys.
    UnrecordedGrace,
    /// Mutant: grace is short and recorded only if the newest generation has a key.
    GraceByNewestKey,
}

/// The periods of a deployment with default settings.
pub const fn default_periods() -> EvidenceRules {
    EvidenceRules {
        grace: Duration::from_secs(60),
        keyed_grace: KEYED_GRACE,
        key_replay: KEY_REPLAY,
        late_retry: Duration::from_secs(86_400),
        superseded: SUPERSEDED_FOR,
    }
}

impl Rule {
    /// The rule that ships, with default settings.
    pub const SHIPPED: Self = Self::variant(Variant::Shipped);

    /// A variant of the rule, with default settings.
    pub const fn variant(variant: Variant) -> Self {
        Self { periods: default_periods(), variant }
    }

    /// Whether the requests that reach the rule prove that they have the session's key. The others are refused before.
    pub const fn possession(&self) -> Possession {
        if matches!(self.variant, Variant::Bound) { Possession::Proven } else { Possession::NotBound }
    }

    /// Decides about a refresh token of a live session.
    pub fn weigh(&self, state: &RotationState, shown: &Presentation, now: Timestamp) -> Evidence {
        let decision = weigh(state, shown, now, &self.periods);
        match (self.variant, decision) {
            (Variant::GraceOnly, _) => self.grace_only(state, shown, now),
            (Variant::AnyKnownKey, Evidence::Superseded | Evidence::Reuse)
                if shows_a_known_key(state, shown) =>
            {
                Evidence::Replay
            }
            (Variant::NoConflict, Evidence::Superseded) => {
                let without_keys = Presentation { keys: RequestKeys::default(), ..*shown };
                weigh(state, &without_keys, now, &self.periods)
            }
            (Variant::UnrecordedGrace, Evidence::RecordedReplay) if self.is_in_keyed_grace(state, now) => {
                Evidence::Replay
            }
            (Variant::GraceByNewestKey, Evidence::RecordedReplay | Evidence::Reuse)
                if state.keys[0].is_none() =>
            {
                let without_keys = RotationState { keys: [None; 3], ..*state };
                weigh(&without_keys, shown, now, &self.periods)
            }
            _ => decision,
        }
    }

    fn grace_only(&self, state: &RotationState, shown: &Presentation, now: Timestamp) -> Evidence {
        let is_in_grace = shown.same_device && now.distance(state.rotated_at) <= self.periods.grace;
        match shown.generation {
            newer if newer > state.generation => Evidence::Regression,
            current if current == state.generation => Evidence::Rotate,
            predecessor if predecessor + 1 == state.generation && is_in_grace => Evidence::Replay,
            _ => Evidence::Reuse,
        }
    }

    fn is_in_keyed_grace(&self, state: &RotationState, now: Timestamp) -> bool {
        now.distance(state.rotated_at) <= self.periods.keyed_grace
    }
}

fn shows_a_known_key(state: &RotationState, shown: &Presentation) -> bool {
    let RequestKeys { newest, previous: [before, oldest] } = shown.keys;
    [newest, before, oldest].iter().any(|key| key.is_some() && state.keys.contains(key))
}
