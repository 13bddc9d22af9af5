//! May this refresh token rotate? The state machine of a refresh, as pure functions.
//!
//! A tab that another one has overtaken ([`is_overtaken`]) gets what that one got, if the row still stands there
//! ([`is_current`]). Everybody else: [`plan`] decides before the row is seen, from the token alone; one
//! conditional write carries the plan out; when its condition fails, [`judge`] reads the row that the failure
//! returned.
//!
//! ```text
//!   token ── plan ──▶ Expired                       401, no call
//!              │
//!              ├────▶ Block ──┐
//!              └────▶ Rotate ─┤   one conditional write
//!                             ├─ held ──▶ successor (or 429)
//!                             └─ failed ─ judge ─▶ Over · Forged · Regression · Successor · Reuse · Blocked · Again
//! ```

use std::time::Duration;

use super::Session;
use super::end::EndReason;
use crate::domain::client_context::ClientContext;
use crate::domain::limit::{Decision, Policy, Window};
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::refresh_token::{KeyTag, RefreshToken};
use crate::domain::time::Timestamp;

/// What the one write of a refresh does.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// The token is past its own end.
    Expired,
    /// The window is full: refuse until this second.
    Block(Timestamp),
    /// Make the next generation.
    Rotate(Box<Rotation>),
}

/// The next generation, complete: everything the write sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// The new generation.
    pub generation: u64,
    /// When it begins.
    pub rotated_at: Timestamp,
    /// When the session now ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// Where it stands in its refresh limit.
    pub window: Window,
    /// The key that seals this generation.
    pub key: KeyTag,
    /// From where and with what.
    pub client: ClientContext,
}

/// What the row says to a write that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is no session (any more); the reason when the row still tells it.
    Ended(Option<EndReason>),
    /// The seal is ours and the nonce is not the session's: a key has leaked.
    Forged,
    /// The token is newer than the row: the table was restored.
    Regression,
    /// The token's own device asks again: the current generation is its answer.
    Replay,
    /// An older generation, out of grace or from another device.
    Reuse,
    /// Refused until this second; the token stays good.
    Blocked(Timestamp),
    /// The row allows it by now: try once more.
    Retry,
}

/// Decides what the write of a refresh does, from the token alone.
pub fn plan(
    token: &RefreshToken,
    client: ClientContext,
    key: KeyTag,
    now: Timestamp,
    limit: &Policy,
    lifetimes: &Lifetimes,
) -> Plan {
    if now >= token.expires_at || now >= token.absolute_expires_at {
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
            client,
        })),
    }
}

/// Judges a refused write by the row, first match wins.
///
/// A write whose first reply was lost meets its own row when the SDK repeats it: same device, same second,
/// so it is in grace whatever the grace, even none.
pub fn judge(
    token: &RefreshToken,
    row: Option<&Session>,
    client: &ClientContext,
    now: Timestamp,
    grace: Duration,
) -> Verdict {
    let Some(row) = row else { return Verdict::Ended(None) };
    if let Some(ending) = &row.pending_end {
        return Verdict::Ended(Some(ending.reason));
    }
    if !row.is_live(now) {
        return Verdict::Ended(Some(EndReason::Expired));
    }
    if row.nonce_hash != token.nonce.hash() {
        return Verdict::Forged;
    }
    if row.generation < token.generation {
        return Verdict::Regression;
    }
    if row.generation == token.generation + 1 && in_grace(row, client, now, grace) {
        return Verdict::Replay;
    }
    if row.generation > token.generation {
        return Verdict::Reuse;
    }
    match row.blocked_until {
        Some(until) if now < until => Verdict::Blocked(until),
        _ => Verdict::Retry,
    }
}

/// Whether a client asks for what another tab of its browser has just got: it means to replace an access
/// token, ending at `replaces`, that is older than the refresh token which its cookie holds by now.
///
/// To rotate once more would leave the requests of slower tabs, which carry the cookie from before, two
/// generations behind: an older token that no grace covers, and so a theft that nobody committed. Towards the end
/// of a session every access token ends with it: no end tells them apart, and a newer one is worth no more.
pub fn is_overtaken(
    token: &RefreshToken,
    replaces: Timestamp,
    now: Timestamp,
    lifetimes: &Lifetimes,
) -> bool {
    let first = token.absolute_expires_at.min(token.issued_at + lifetimes.access);
    let older = replaces < first || first == token.absolute_expires_at;
    older && now.distance(token.issued_at) <= lifetimes.grace
}

/// Whether the row still stands where an overtaken client's token says: then that token is the answer, again.
///
/// The rules are those of grace, so that whoever lies about `replaces` gets no more than who repeats a token.
pub fn is_current(
    token: &RefreshToken,
    row: &Session,
    client: &ClientContext,
    now: Timestamp,
    grace: Duration,
) -> bool {
    row.is_live(now)
        && row.nonce_hash == token.nonce.hash()
        && row.generation == token.generation
        && in_grace(row, client, now, grace)
}

/// Grace counts from the rotation, in both directions, and belongs to the device that rotated: a
/// thief's device never gets the successor, and a changed network alone is no theft.
pub fn in_grace(row: &Session, client: &ClientContext, now: Timestamp, grace: Duration) -> bool {
    now.distance(row.rotated_at) <= grace && row.client.device.is_same_device(&client.device)
}

impl Rotation {
    /// The session after this rotation.
    pub fn apply(&self, before: &Session) -> Session {
        Session {
            generation: self.generation,
            rotated_at: self.rotated_at,
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
