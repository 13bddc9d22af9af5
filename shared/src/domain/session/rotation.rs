//! The state machine of a refresh, as pure functions: may this refresh token rotate?
//!
//! [`plan`] decides from the token alone what to write. One conditional write performs the plan. When the write's
//! condition fails, [`judge`] decides from the row that the failed write returned. A tab that another tab has
//! overtaken ([`is_overtaken`]) gets the current token again, if the row allows it ([`is_current`]).
//!
//! ```text
//!   token ── plan ──▶ Expired                       401 without a call to the store
//!              │
//!              ├────▶ Block ──┐
//!              └────▶ Rotate ─┤   one conditional write
//!                             ├─ applied ──▶ next generation (or 429)
//!                             └─ rejected ─ judge ─▶ Ended · Forged · Regression · Replay · Reuse · Blocked · Retry
//! ```

use std::time::Duration;

use super::Session;
use super::end::EndReason;
use crate::domain::client_context::ClientContext;
use crate::domain::limit::{Decision, Policy, Window};
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::refresh_token::{KeyTag, RefreshToken};
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
    /// The client that refreshes.
    pub client: ClientContext,
}

/// The decision about a rejected write, from the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The session has ended. The reason is known only while the row exists.
    Ended(Option<EndReason>),
    /// The token's seal is valid and its nonce is not the session's: a refresh key may have leaked.
    Forged,
    /// The token is newer than the row, because the table was restored from a backup.
    Regression,
    /// The same device repeats its refresh within grace: the current token is the answer.
    Replay,
    /// An older generation, after grace or from another device.
    Reuse,
    /// Refused until this second. The token stays valid.
    Blocked(Timestamp),
    /// The row allows the write by now: try once more.
    Retry,
}

/// Decides from the token alone what a refresh writes.
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

/// Decides about a rejected write from the row. The first matching rule wins.
///
/// When the reply to a write is lost, the SDK repeats the write and meets the row that the first attempt wrote: the
/// same device in the same second, which is within any grace, even a grace of 0 s.
pub fn judge(
    token: &RefreshToken,
    row: Option<&Session>,
    client: &ClientContext,
    now: Timestamp,
    grace: Duration,
) -> Verdict {
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

/// Whether the client asks for what another tab of its browser has just received: it wants to replace an access token
/// (with the end `replaces`) that is older than the refresh token in its cookie.
///
/// Rotating again would put the requests of slower tabs, which carry the cookie from before, two generations behind.
/// Grace covers only the direct predecessor, so that these requests would look like theft. In the last hour of a
/// session all access tokens expire together with the session, so that their ends do not tell them apart; then the
/// current token is returned as well, because a new one would not be valid for longer.
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

/// Whether the row still is at the generation of an overtaken client's token, so that this token is the answer.
///
/// The conditions are those of grace, so that a client that sends a false `replaces` gains nothing.
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

/// Whether `client` is within grace. Grace counts from the rotation in both directions, because clocks differ, and
/// belongs to the device that rotated, so that a thief's device never gets the current token. A changed network
/// alone is no sign of theft.
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
