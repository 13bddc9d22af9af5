//! Why and by whom did a session end?

use serde::Serialize;

use super::Session;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Timestamp;

/// Why a session ended. Rows and the audit trail hold the exact reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Nobody refreshed it in time, or its absolute end came.
    Expired,
    /// The user signed out, here or from another device.
    SignedOut,
    /// A newer sign-in needed its place.
    Evicted,
    /// An old refresh token came back: theft until proven otherwise.
    ReuseDetected,
    /// A token was newer than the row: the table was restored from a backup.
    StateRegression,
    /// A risk rule whose mode is `end` fired.
    Risk,
    /// An administrator ended it.
    Admin,
}

/// The reason as clients see it: it tells a thief no more than the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicReason {
    /// It was over.
    Expired,
    /// The user signed out.
    SignedOut,
    /// A newer sign-in took its place.
    Evicted,
    /// It was ended for safety.
    Security,
    /// An administrator ended it.
    Admin,
}

const NAMES: [(EndReason, &str); 7] = [
    (EndReason::Expired, "expired"),
    (EndReason::SignedOut, "signed_out"),
    (EndReason::Evicted, "evicted"),
    (EndReason::ReuseDetected, "reuse_detected"),
    (EndReason::StateRegression, "state_regression"),
    (EndReason::Risk, "risk"),
    (EndReason::Admin, "admin"),
];

impl EndReason {
    /// As rows and the audit trail write it.
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(reason, _)| *reason == self).map_or("", |(_, name)| name)
    }

    /// Reads what a row holds.
    pub fn parse(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, name)| *name == text).map(|(reason, _)| *reason)
    }

    /// As clients see it.
    pub fn public(self) -> PublicReason {
        match self {
            Self::Expired => PublicReason::Expired,
            Self::SignedOut => PublicReason::SignedOut,
            Self::Evicted => PublicReason::Evicted,
            Self::ReuseDetected | Self::StateRegression | Self::Risk => PublicReason::Security,
            Self::Admin => PublicReason::Admin,
        }
    }
}

/// Who ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The session's own user.
    User,
    /// Latchkey itself.
    System,
    /// An administrator, by user id.
    Admin(UserId),
}

impl Actor {
    /// As the audit trail writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::Admin(id) => id.as_str(),
        }
    }

    /// Reads what a row holds.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "user" => Some(Self::User),
            "system" => Some(Self::System),
            id => id.parse().ok().map(Self::Admin),
        }
    }
}

/// An end that is decided: why, by whom, in whose words and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingEnd {
    /// Why.
    pub reason: EndReason,
    /// By whom.
    pub by: Actor,
    /// An administrator's words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Whether everyone was signed out: then its own row does not say so, and nobody else can end it.
    pub with_everyone: bool,
}

impl PendingEnd {
    /// The end of one session, without words.
    pub fn new(reason: EndReason, by: Actor, at: Timestamp) -> Self {
        Self { reason, by, note: None, at, with_everyone: false }
    }
}

/// One session's end: what its transaction records.
#[derive(Clone, Debug)]
pub struct SessionEnd {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Why.
    pub reason: EndReason,
    /// By whom.
    pub by: Actor,
    /// An administrator's words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// How long it lived, in seconds.
    pub lasted_seconds: u64,
    /// Whether its row is marked with it: a mark never changes, so no other end can be first.
    pub is_marked: bool,
}

impl SessionEnd {
    /// What of it is decided before it is carried out.
    pub fn ending(&self) -> PendingEnd {
        let note = self.note.clone();
        PendingEnd { note, ..PendingEnd::new(self.reason, self.by.clone(), self.at) }
    }

    /// The end of `session`. One that is marked ends as it was marked, whoever finishes the job.
    pub fn of(session: &Session, ending: PendingEnd) -> Self {
        Self::marked(session).unwrap_or_else(|| Self::as_decided(session, ending))
    }

    /// The end that `session` is marked with, if it is.
    pub fn marked(session: &Session) -> Option<Self> {
        session.pending_end.clone().map(|ending| Self::as_decided(session, ending))
    }

    fn as_decided(session: &Session, ending: PendingEnd) -> Self {
        let PendingEnd { reason, by, note, at, .. } = ending;
        let lasted_seconds = session.created_at.seconds_until(at);
        let is_marked = session.pending_end.as_ref().is_some_and(|ending| !ending.with_everyone);
        Self {
            user: session.user.clone(),
            session: session.id,
            reason,
            by,
            note,
            at,
            lasted_seconds,
            is_marked,
        }
    }
}

/// The record of an end, as `X#<session>` keeps it.
#[derive(Clone, Debug)]
pub struct EndRecord {
    /// Whose session it was.
    pub user: UserId,
    /// Why it ended.
    pub reason: EndReason,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// An administrator's words.
    pub note: Option<String>,
}
