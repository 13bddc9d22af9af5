//! The end of a session: its reason, its actor, and what is recorded about it.

use serde::Serialize;
use strum::VariantArray;

use super::Session;
use super::last_rotation::LastRotation;
use crate::domain::actor::Actor;
use crate::domain::client_context::EventClient;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;

/// Why a session ended. Rows and the audit trail hold this exact reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum EndReason {
    /// The session was not refreshed in time, or reached its absolute end.
    Expired,
    /// The user signed out, here or from another device.
    SignedOut,
    /// The user reached the session limit, and a newer sign-in took its place.
    Evicted,
    /// An older refresh token was presented, so that the token may have been stolen.
    ReuseDetected,
    /// A refresh token was newer than its row, because the table was restored from a backup.
    StateRegression,
    /// A risk rule with mode `end` matched.
    Risk,
    /// The session was not bound to a key, and `SESSION_BINDING=require` ends such sessions.
    Unbound,
    /// The user reported the sign-in as not theirs.
    Reported,
    /// An administrator ended the session.
    Admin,
    /// The identity provider ended the session.
    Provider,
}

/// The reason as clients see it. It does not show a thief how the theft was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicReason {
    /// The session expired.
    Expired,
    /// The user signed out.
    SignedOut,
    /// A newer sign-in took its place.
    Evicted,
    /// Latchkey ended the session for security.
    Security,
    /// An administrator ended the session.
    Admin,
    /// The identity provider ended the session.
    Provider,
}

impl EndReason {
    /// All reasons.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in rows and in the audit trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::SignedOut => "signed_out",
            Self::Evicted => "evicted",
            Self::ReuseDetected => "reuse_detected",
            Self::StateRegression => "state_regression",
            Self::Risk => "risk",
            Self::Unbound => "unbound",
            Self::Reported => "reported",
            Self::Admin => "admin",
            Self::Provider => "provider",
        }
    }

    /// Parses the name that [`EndReason::as_str`] returns.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text)
    }

    /// The reason that clients see.
    pub fn public(self) -> PublicReason {
        match self {
            Self::Expired => PublicReason::Expired,
            Self::SignedOut => PublicReason::SignedOut,
            Self::Evicted => PublicReason::Evicted,
            Self::ReuseDetected | Self::StateRegression | Self::Risk | Self::Unbound | Self::Reported => {
                PublicReason::Security
            }
            Self::Admin => PublicReason::Admin,
            Self::Provider => PublicReason::Provider,
        }
    }
}

/// A pending end: decided, and not yet recorded. The row of the session carries it as a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEnd {
    /// Why the session ends.
    pub reason: EndReason,
    /// The actor that ends it.
    pub by: Actor,
    /// The administrator's reason.
    pub note: Option<String>,
    /// When it ended.
    pub at: Timestamp,
    /// Whether a global revocation ended the session. Then the mark is not on the session's own row, and no other end
    /// can replace it.
    pub by_global_revocation: bool,
}

impl PendingEnd {
    /// A pending end without a note.
    pub fn new(reason: EndReason, by: Actor, at: Timestamp) -> Self {
        Self { reason, by, note: None, at, by_global_revocation: false }
    }
}

/// The end of one session, as its transaction records it.
#[derive(Clone, Debug)]
pub struct SessionEnd {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Why it ended.
    pub reason: EndReason,
    /// The actor that ended it.
    pub by: Actor,
    /// The administrator's reason.
    pub note: Option<String>,
    /// When it ended.
    pub at: Timestamp,
    /// How long the session lasted, in seconds.
    pub lasted_seconds: u64,
    /// The device and place of the session.
    pub client: EventClient,
    /// Whether the mark is on the row. A mark never changes, so that no other end can come first.
    pub is_marked: bool,
    /// Whether a global revocation ended the session.
    pub by_global_revocation: bool,
    /// The last rotation of the session.
    pub last: LastRotation,
}

impl SessionEnd {
    /// Whether the revocation feed lists the session. It lists no expired one, because nothing was revoked, and none
    /// that a global revocation ended, because one moment in the feed stands for all of these.
    pub fn is_revocation(&self) -> bool {
        self.reason != EndReason::Expired && !self.by_global_revocation
    }

    /// The same end as a pending end.
    pub fn to_pending(&self) -> PendingEnd {
        let note = self.note.clone();
        PendingEnd { note, ..PendingEnd::new(self.reason, self.by.clone(), self.at) }
    }

    /// The end of `session`. A marked session ends as it was marked, whichever request records it.
    pub fn of(session: &Session, pending: PendingEnd) -> Self {
        Self::marked(session).unwrap_or_else(|| Self::as_decided(session, pending))
    }

    /// The end that is marked on `session`, if there is one.
    pub fn marked(session: &Session) -> Option<Self> {
        session.pending_end.clone().map(|pending| Self::as_decided(session, pending))
    }

    fn as_decided(session: &Session, pending: PendingEnd) -> Self {
        let PendingEnd { reason, by, note, at, by_global_revocation } = pending;
        let lasted_seconds = session.created_at.seconds_until(at);
        let mark = session.pending_end.as_ref();
        Self {
            user: session.user.clone(),
            session: session.id,
            reason,
            by,
            note,
            at,
            lasted_seconds,
            client: EventClient::without_ip(&session.client),
            is_marked: mark.is_some_and(|mark| !mark.by_global_revocation),
            by_global_revocation,
            last: LastRotation::of(session),
        }
    }
}

/// The record of an end, which the store keeps under `X#<session>`.
#[derive(Clone, Debug)]
pub struct EndRecord {
    /// The user whose session it was.
    pub user: UserId,
    /// Why it ended.
    pub reason: EndReason,
    /// When it ended.
    pub at: Timestamp,
    /// The actor that ended it.
    pub by: Actor,
    /// The administrator's reason.
    pub note: Option<String>,
    /// The last rotation of the session. Records of the version before do not have it.
    pub last: Option<LastRotation>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::tests::session;

    #[test]
    fn a_reason_is_parsed_from_its_name() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::parse(reason.as_str()), Some(*reason));
        }
        assert_eq!(EndReason::parse("bored"), None);
    }

    #[test]
    fn clients_do_not_see_how_a_theft_was_detected() {
        for reason in
            [EndReason::ReuseDetected, EndReason::StateRegression, EndReason::Risk, EndReason::Reported]
        {
            assert_eq!(reason.public(), PublicReason::Security);
        }
        assert_eq!(EndReason::SignedOut.public(), PublicReason::SignedOut);
    }

    #[test]
    fn a_marked_session_ends_as_it_was_marked() {
        let at = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        let sign_out = PendingEnd::new(EndReason::SignedOut, Actor::User, at(500));
        let mut session = session(1);
        let end = SessionEnd::of(&session, sign_out.clone());
        assert_eq!((end.to_pending(), end.lasted_seconds, end.is_marked), (sign_out.clone(), 500, false));
        let note = Some("lost laptop".to_owned());
        let mark = PendingEnd { note, ..PendingEnd::new(EndReason::Admin, Actor::System, at(400)) };
        session.pending_end = Some(mark.clone());
        let end = SessionEnd::of(&session, sign_out);
        assert_eq!((end.to_pending(), end.lasted_seconds, end.is_marked), (mark.clone(), 400, true));
        session.pending_end = Some(PendingEnd { by_global_revocation: true, ..mark });
        assert!(SessionEnd::marked(&session).is_some_and(|end| !end.is_marked), "the mark is on another row");
    }
}
