//! The state machine of a refresh, as pure functions: may this refresh token rotate?
//!
//! [`plan`] decides from the token alone what to write. One conditional write performs the plan. When the write's
//! condition fails, [`judge`] decides from the row that the failed write returned, with [`weigh`] for the question whether
//! an older token comes from the client that rotated.
//!
//! A read comes first where a rotation may have to end the session instead: if a risk rule has the mode `end`, or if every session
//! must be bound to a key and this one is not.
//!
//! ```text
//!   token ── plan ──▶ Expired                       401 without a call to the store
//!              │
//!              ├────▶ Block ──┐
//!              └────▶ Rotate ─┤   one conditional write
//!                             ├─ applied ───────▶ next generation (or 429)
//!                             ├─ applied, but the session had ended ▶ 401
//!                             └─ rejected ─ judge ─▶ Ended · Forged · Regression · Reuse     401
//!                                                    Replay · ProvenReplay · RecordedReplay  current token
//!                                                    Superseded                              409
//!                                                    DeviceProofRequired                     400
//!                                                    Blocked                                 429
//!                                                    Retry                                   the write once more
//! ```

use super::Session;
use super::binding::Possession;
use super::end::EndReason;
use super::evidence::{Evidence, EvidenceRules, KeyHash, Presentation, weigh};
use super::presented::Presented;
use crate::domain::client_context::ClientContext;
use crate::domain::limit::{Decision, Policy, Window};
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::refresh_token::KeyTag;
use crate::domain::time::Timestamp;

/// The write that a refresh performs.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// None: the token has expired.
    Expired,
    /// Refuse refresh until this second, because the rate limit is reached.
    Block(Timestamp),
    /// Make the next generation.
    Rotate(Box<Rotation>),
}

/// The next generation: everything that the write sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// The new generation.
    pub generation: u64,
    /// When it begins.
    pub rotated_at: Timestamp,
    /// When the session now expires unless it is refreshed again.
    pub expires_at: Timestamp,
    /// The state of its refresh limit.
    pub window: Window,
    /// The key that seals the token of this generation.
    pub key: KeyTag,
    /// The hash of the idempotency key that makes it.
    pub made_by: Option<KeyHash>,
    /// The client that refreshes.
    pub client: ClientContext,
}

/// The decision about a rejected write, from the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The session has ended. The reason is known only while the row exists.
    Ended(Option<EndReason>),
    /// The token's seal is valid and its nonce or the key that it is bound to is not the session's: a refresh key may have
    /// leaked.
    Forged,
    /// See [`Evidence::Regression`].
    Regression,
    /// See [`Evidence::Replay`].
    Replay,
    /// See [`Evidence::ProvenReplay`].
    ProvenReplay,
    /// See [`Evidence::RecordedReplay`].
    RecordedReplay,
    /// See [`Evidence::Superseded`].
    Superseded,
    /// The token is from before the session's device key was confirmed, and has no key or is in the body. A proof by the device
    /// key is required now.
    DeviceProofRequired,
    /// See [`Evidence::Reuse`].
    Reuse,
    /// Refused until this second. The token stays valid.
    Blocked(Timestamp),
    /// The row allows the write by now: try once more.
    Retry,
}

/// Decides from the token alone what a refresh writes. `key` seals the next token.
pub fn plan(presented: &Presented<'_>, key: KeyTag, limit: &Policy, lifetimes: &Lifetimes) -> Plan {
    let Presented { token, keys, client, now, .. } = *presented;
    if token.is_expired(now) {
        return Plan::Expired;
    }
    match limit.attempt(token.window, now) {
        Decision::Refused(until) => Plan::Block(until),
        Decision::Counted(window) => Plan::Rotate(Box::new(Rotation {
            generation: token.generation + 1,
            rotated_at: now,
            expires_at: token.absolute_expires_at.min(now + lifetimes.refresh),
            window,
            key,
            made_by: keys.newest,
            client: client.clone(),
        })),
    }
}

/// Decides about a rejected write from the row. The first matching rule wins.
pub fn judge(presented: &Presented<'_>, row: Option<&Session>, rules: &EvidenceRules) -> Verdict {
    let Presented { token, now, .. } = *presented;
    let Some(row) = row else { return Verdict::Ended(None) };
    if let Some(pending) = &row.pending_end {
        return Verdict::Ended(Some(pending.reason));
    }
    if !row.is_live(now) {
        return Verdict::Ended(Some(EndReason::Expired));
    }
    if row.nonce_hash != token.nonce.hash() {
        return Verdict::Forged;
    }
    if row.is_device_bound() && (token.bound_key.is_none() || token.was_in_body) {
        return Verdict::DeviceProofRequired;
    }
    if row.bound_key != token.bound_key {
        return Verdict::Forged;
    }
    match evidence_of(presented, row, rules) {
        Evidence::Regression => Verdict::Regression,
        Evidence::Replay => Verdict::Replay,
        Evidence::ProvenReplay => Verdict::ProvenReplay,
        Evidence::RecordedReplay => Verdict::RecordedReplay,
        Evidence::Superseded => Verdict::Superseded,
        Evidence::Reuse => Verdict::Reuse,
        Evidence::Rotate => match row.blocked_until {
            Some(until) if now < until => Verdict::Blocked(until),
            _ => Verdict::Retry,
        },
    }
}

/// Weighs a token against the live row of its session.
///
/// When the reply to a write is lost, the SDK repeats the write and meets the row that the first attempt wrote. With keys
/// that is a replay by its key. Without keys it is a replay, too, which no setting and nothing recorded may prevent.
pub fn evidence_of(presented: &Presented<'_>, row: &Session, rules: &EvidenceRules) -> Evidence {
    if is_own_write(presented, row) {
        return Evidence::Replay;
    }
    let shown = Presentation {
        generation: presented.token.generation,
        keys: presented.keys,
        possession: Possession::of(row.bound_key, presented.proven_key),
        same_device: row.client.device.is_same_device(&presented.client.device),
        same_network: row.client.is_same_network(presented.client),
    };
    weigh(&row.rotation_state(), &shown, presented.now, rules)
}

/// Whether the row looks as this request's own rotation without a key has left it: in the same second, from the same
/// address and agent.
fn is_own_write(presented: &Presented<'_>, row: &Session) -> bool {
    row.generation == presented.token.generation + 1
        && row.rotated_at == presented.now
        && row.made_by[0].is_none()
        && presented.keys.newest.is_none()
        && row.client == *presented.client
}

impl Rotation {
    /// The session after this rotation.
    pub fn apply(&self, before: &Session) -> Session {
        let state = before.rotation_state().rotated(self.made_by, self.rotated_at);
        Session {
            generation: state.generation,
            rotated_at: state.rotated_at,
            made_by: state.keys,
            recorded_replay: state.recorded,
            last_activity: self.rotated_at,
            expires_at: self.expires_at,
            window: self.window,
            key: self.key,
            client: self.client.clone(),
            blocked_until: None,
            ..before.clone()
        }
    }
}

#[cfg(test)]
mod tests;
