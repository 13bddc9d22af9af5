//! The session: one sign-in on one device, from login to its end.
//!
//! ```text
//!            login                refresh (generation n -> n+1)
//!   (none) ────────▶ live ◀──────────────────────────────┐
//!                     │  └───────────────────────────────┘
//!                     │ signed out · evicted · expired · reuse · admin
//!                     ▼
//!                  (no row; `session_ended` in the audit trail says when, why, by whom)
//! ```
//!
//! The row exists exactly as long as the session lives, so listing never reads history.

pub mod end;
pub mod lifetimes;
pub mod nonce;
pub mod refresh_token;
pub mod rotation;
pub mod session_limit;

use std::fmt;
use std::time::Duration;

use crate::domain::client_context::ClientContext;
use crate::domain::id::{SessionId, UserId};
use crate::domain::limit::Window;
use crate::domain::risk::StoredFinding;
use crate::domain::scope::Scope;
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::nonce::{Nonce, NonceHash};
use crate::domain::session::refresh_token::{KeyTag, RefreshToken};
use crate::domain::time::Timestamp;
use end::PendingEnd;

/// A live session, as its row holds it.
#[derive(Clone)]
pub struct Session {
    /// The user.
    pub user: UserId,
    /// The session.
    pub id: SessionId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_activity: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires_at: Timestamp,
    /// When it ends whatever happens.
    pub absolute_expires_at: Timestamp,
    /// How often it has been refreshed; only this generation may rotate.
    pub generation: u64,
    /// When this generation began; grace counts from here.
    pub rotated_at: Timestamp,
    /// SHA-256 of its nonce.
    pub nonce_hash: NonceHash,
    /// The refresh key that sealed this generation.
    pub key: KeyTag,
    /// Where it stands in its refresh limit.
    pub window: Window,
    /// Until when refresh is refused.
    pub blocked_until: Option<Timestamp>,
    /// Set when it is over and only its transaction is still to come: every reader takes it for gone.
    pub pending_end: Option<PendingEnd>,
    /// From where and with what it was last used.
    pub client: ClientContext,
    /// What was noticed about it, newest first.
    pub findings: Vec<StoredFinding>,
    /// When the user last proved who they are.
    pub auth_time: Timestamp,
    /// When the assertion that opened it was made: one from before everyone was signed out opens nothing that
    /// lasts, whatever the instance that took it knew.
    pub asserted_at: Timestamp,
    /// What the user may do.
    pub scope: Scope,
}

impl Session {
    /// Opens a session at `now`.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a different fact of a sign-in; a struct would only rename them"
    )]
    pub fn open(
        user: UserId,
        id: SessionId,
        nonce: &Nonce,
        key: KeyTag,
        client: ClientContext,
        auth_time: Timestamp,
        scope: Scope,
        now: Timestamp,
        lifetimes: &Lifetimes,
    ) -> Self {
        let absolute_expires_at = now + lifetimes.session;
        Self {
            user,
            id,
            created_at: now,
            last_activity: now,
            expires_at: absolute_expires_at.min(now + lifetimes.refresh),
            absolute_expires_at,
            generation: 0,
            rotated_at: now,
            nonce_hash: nonce.hash(),
            key,
            window: Window { start: now, count: 0 },
            blocked_until: None,
            pending_end: None,
            client,
            findings: vec![],
            auth_time,
            asserted_at: now,
            scope,
        }
    }

    /// Whether it is live at `now`. An expired row is gone, however late its deletion.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.pending_end.is_none() && now < self.expires_at && now < self.absolute_expires_at
    }

    /// The refresh token of its current generation. A pure function: same row, same token.
    pub fn refresh_token(&self, nonce: Nonce) -> RefreshToken {
        RefreshToken {
            user: self.user.clone(),
            session: self.id,
            generation: self.generation,
            issued_at: self.rotated_at,
            expires_at: self.expires_at,
            absolute_expires_at: self.absolute_expires_at,
            nonce,
            window: self.window,
        }
    }

    /// When an access token minted at `now` ends: no later than its session.
    pub fn access_expires_at(&self, now: Timestamp, access_lifetime: Duration) -> Timestamp {
        self.absolute_expires_at.min(now + access_lifetime)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session")
            .field("id", &self.id)
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
