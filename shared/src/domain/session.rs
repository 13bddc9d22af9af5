//! A session: one sign-in on one device, from the sign-in to its end.
//!
//! ```text
//!            login                refresh (generation n -> n+1)
//!   (none) ────────▶ live ◀──────────────────────────────┐
//!                     │  └───────────────────────────────┘
//!                     │ signed out · evicted · expired · reuse · admin
//!                     ▼
//!                  (no row; the audit trail has `session_ended` with time, reason and actor)
//! ```
//!
//! The row exists exactly as long as the session lives, so that listing sessions never reads history.

pub mod binding;
pub mod device_key;
pub mod end;
pub mod evidence;
pub mod idempotency_key;
pub mod last_rotation;
pub mod lifetimes;
pub mod nonce;
pub mod presented;
pub mod refresh_token;
pub mod rotation;
pub mod session_limit;

use std::fmt;
use std::time::Duration;

use crate::domain::client_context::ClientContext;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::{SessionId, UserId};
use crate::domain::limit::Window;
use crate::domain::risk::StoredFinding;
use crate::domain::scope::Scope;
use crate::domain::session::lifetimes::Lifetimes;
use crate::domain::session::nonce::{Nonce, NonceHash};
use crate::domain::session::refresh_token::{KeyTag, RefreshToken};
use crate::domain::time::Timestamp;
use crate::domain::upstream_session::UpstreamMark;
use binding::{Binding, BoundKey};
use device_key::DeviceKey;
use end::PendingEnd;
use evidence::{KeyHash, RotationState};

/// How far the clocks of two instances may differ: 60 s.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(60);

/// How much older than a revocation an assertion may be and still open a session, because clocks differ.
pub const ASSERTION_CLOCK_SKEW: Duration = Duration::from_secs(10);

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
    /// When it expires unless it is refreshed.
    pub expires_at: Timestamp,
    /// When it expires in any case.
    pub absolute_expires_at: Timestamp,
    /// How often it has been refreshed. Only the token of this generation can rotate.
    pub generation: u64,
    /// When this generation began. Grace counts from here.
    pub rotated_at: Timestamp,
    /// SHA-256 of its nonce.
    pub nonce_hash: NonceHash,
    /// The refresh key that sealed the token of this generation.
    pub key: KeyTag,
    /// The hashes of the idempotency keys that made its last three generations, newest first.
    pub made_by: [Option<KeyHash>; 3],
    /// The key that its refresh tokens are bound to. Only the sign-in sets it.
    pub bound_key: Option<BoundKey>,
    /// The key in the device that the browser binds it to.
    pub device_key: Option<DeviceKey>,
    /// The generation for which a replay on weak evidence was last recorded.
    pub recorded_replay: Option<u64>,
    /// The state of its refresh limit.
    pub window: Window,
    /// Refresh is refused until then.
    pub blocked_until: Option<Timestamp>,
    /// The pending end. A session that has one counts as ended, although its row still exists.
    pub pending_end: Option<PendingEnd>,
    /// The client that last used it.
    pub client: ClientContext,
    /// Findings of the risk rules about it, newest first.
    pub findings: Vec<StoredFinding>,
    /// When the user last authenticated with the identity provider, if the provider gives it.
    pub auth_time: Option<Timestamp>,
    /// When the assertion that opened it was issued. A session whose assertion is older than a global revocation has
    /// ended, even if the instance that opened it did not know about the revocation yet.
    pub asserted_at: Timestamp,
    /// The session at the identity provider that it came from, if the provider may end it.
    pub upstream: Option<UpstreamMark>,
    /// The scope that the identity provider granted.
    pub scope: Scope,
}

/// The facts of a sign-in that a session keeps.
#[derive(Clone)]
pub struct NewSession<'a> {
    /// The user.
    pub user: UserId,
    /// The id, which is derived from the assertion.
    pub id: SessionId,
    /// The nonce of the session's refresh tokens. The session keeps its hash.
    pub nonce: &'a Nonce,
    /// The refresh key that derived the nonce.
    pub key: KeyTag,
    /// The hash of the sign-in's idempotency key.
    pub made_by: Option<KeyHash>,
    /// The key whose possession the sign-in proves.
    pub bound_key: Option<BoundKey>,
    /// The client that signs in.
    pub client: ClientContext,
    /// When the user last authenticated with the identity provider, if the provider gives it.
    pub auth_time: Option<Timestamp>,
    /// When the assertion was issued.
    pub asserted_at: Timestamp,
    /// The session at the identity provider, if the provider may end it.
    pub upstream: Option<UpstreamMark>,
    /// The scope that the identity provider granted.
    pub scope: Scope,
}

impl Session {
    /// Opens a session at `now`.
    pub fn open(new: NewSession<'_>, now: Timestamp, lifetimes: &Lifetimes) -> Self {
        let NewSession {
            user,
            id,
            nonce,
            key,
            made_by,
            bound_key,
            client,
            auth_time,
            asserted_at,
            upstream,
            scope,
        } = new;
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
            made_by: [made_by, None, None],
            bound_key,
            device_key: None,
            recorded_replay: None,
            window: Window { start: now, count: 0 },
            blocked_until: None,
            pending_end: None,
            client,
            findings: vec![],
            auth_time,
            asserted_at,
            upstream,
            scope,
        }
    }

    /// Whether it is live at `now`. An expired session is not, even while its row still exists.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.pending_end.is_none() && now < self.expires_at && now < self.absolute_expires_at
    }

    /// Whether an instance may take it for live, if its clock is up to [`CLOCK_SKEW_MAX`] behind `now`. Operations that end
    /// sessions include such a session, because a refresh on the other instance would prolong it.
    pub fn may_be_live(&self, now: Timestamp) -> bool {
        let end = self.expires_at.min(self.absolute_expires_at);
        self.pending_end.is_none() && now < end + CLOCK_SKEW_MAX
    }

    /// How it is bound to a key.
    pub fn binding(&self) -> Binding {
        match (self.is_device_bound(), self.bound_key) {
            (true, _) => Binding::Dbsc,
            (false, Some(_)) => Binding::Dpop,
            (false, None) => Binding::None,
        }
    }

    /// Whether only a proof by its device key gets an access token. A key that the browser has not confirmed does not count.
    pub fn is_device_bound(&self) -> bool {
        self.device_key.is_some_and(|key| key.is_confirmed)
    }

    /// Its last rotations, as [`evidence::weigh`] reads them.
    pub fn rotation_state(&self) -> RotationState {
        RotationState {
            generation: self.generation,
            rotated_at: self.rotated_at,
            keys: self.made_by,
            recorded: self.recorded_replay,
        }
    }

    /// The refresh token of its current generation. A pure function: the same row gives the same token. `fingerprint` is
    /// that of the session's client, by the key of this generation.
    pub fn refresh_token(&self, nonce: Nonce, fingerprint: Fingerprint) -> RefreshToken {
        RefreshToken {
            user: self.user.clone(),
            session: self.id,
            generation: self.generation,
            issued_at: self.rotated_at,
            expires_at: self.expires_at,
            absolute_expires_at: self.absolute_expires_at,
            nonce,
            window: self.window,
            fingerprint,
            bound_key: self.bound_key,
            was_in_body: false,
            is_device_bound: self.is_device_bound(),
            sealed_by: self.key,
        }
    }

    /// Whether `client` is the device that made the current generation, at most `grace` ago. Grace counts in both
    /// directions, because clocks differ. A changed network alone is no sign of theft.
    pub fn is_in_grace(&self, client: &ClientContext, now: Timestamp, grace: Duration) -> bool {
        now.distance(self.rotated_at) <= grace && self.client.device.is_same_device(&client.device)
    }

    /// The time since the user authenticated with the identity provider, if the provider gives it.
    pub fn authentication_age(&self, now: Timestamp) -> Option<Duration> {
        self.auth_time.map(|at| Duration::from_secs(at.seconds_until(now)))
    }

    /// The start of the session for the claim `sst`: a global revocation has ended the session if its moment is at or after this
    /// one. That is when the session was opened, or the first moment with which a revocation invalidates its assertion.
    pub fn started_at(&self) -> Timestamp {
        let invalidated_from = self.asserted_at + ASSERTION_CLOCK_SKEW + Duration::from_secs(1);
        self.created_at.min(invalidated_from)
    }

    /// When an access token issued at `now` expires: at most when the session does.
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::actor::Actor;
    use crate::domain::id::derive_session_id;
    use crate::domain::session::end::EndReason;

    /// A session of 30 days that was opened at second 1,000 and expires after 7 days without a refresh.
    pub(in crate::domain) fn session(number: u8) -> Session {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        let lifetimes = Lifetimes {
            access: Duration::from_secs(3_600),
            refresh: days(7),
            session: days(30),
            grace: Duration::from_secs(60),
            late_retry: days(1),
            near_expiry: Duration::from_secs(300),
        };
        let now = Timestamp::from_seconds(1_000);
        let new = NewSession {
            user: "alice".parse().unwrap(),
            id: derive_session_id(1_000, &[number; 32]),
            nonce: &Nonce::new([number; 16]),
            key: KeyTag::new(*b"k1"),
            made_by: None,
            bound_key: None,
            client: ClientContext::default(),
            auth_time: Some(now),
            asserted_at: now,
            upstream: None,
            scope: Scope::default(),
        };
        Session::open(new, now, &lifetimes)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_session_is_live_until_one_of_its_ends() {
        let live = session(1);
        assert!(live.is_live(at(1_000 + 7 * 86_400 - 1)));
        assert!(!live.is_live(at(1_000 + 7 * 86_400)));
        assert!(!Session { absolute_expires_at: at(2_000), ..live.clone() }.is_live(at(2_000)));
        let pending_end = Some(PendingEnd::new(EndReason::Admin, Actor::System, at(1_500)));
        assert!(!Session { pending_end, ..live }.is_live(at(1_600)));
    }

    #[test]
    fn grace_belongs_to_the_device_in_both_directions_of_time() {
        let (session, grace) = (session(1), Duration::from_secs(60));
        let same = ClientContext::default();
        let other = ClientContext {
            device: crate::domain::device::Device::parse(Some("curl/8.0")),
            ..ClientContext::default()
        };
        for (second, expected) in [(939, false), (940, true), (1_000, true), (1_060, true), (1_061, false)] {
            assert_eq!(session.is_in_grace(&same, at(second), grace), expected, "{second}");
            assert!(!session.is_in_grace(&other, at(second), grace));
        }
    }

    #[test]
    fn an_access_token_expires_at_most_with_its_session() {
        let (session, hour) = (session(1), Duration::from_secs(3_600));
        assert_eq!(session.access_expires_at(at(5_000), hour), at(8_600));
        let last_minute = at(1_000 + 30 * 86_400 - 60);
        assert_eq!(session.access_expires_at(last_minute, hour), session.absolute_expires_at);
    }

    #[test]
    fn the_debug_text_of_a_session_names_it_and_no_client() {
        let text = format!("{:?}", session(1));
        assert!(text.contains("generation: 0") && !text.contains("client"), "{text}");
    }
}
