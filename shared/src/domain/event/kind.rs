//! All kinds of events, each with its name, severity and details.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::event_type::EventType;
use crate::domain::actor::Actor;
use crate::domain::fleet::read_target::ReadTarget;
use crate::domain::id::SessionId;
use crate::domain::risk::Finding;
use crate::domain::session::binding::{Binding, ProofFault};
use crate::domain::session::end::SessionEnd;
use crate::domain::severity::Severity;
use crate::domain::suspension::Suspension;
use crate::domain::time::Timestamp;

/// The kind of an event, with the details that only this kind has. The client is a field of the event.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// A session was opened.
    Login {
        /// How it is bound to a key.
        binding: Binding,
    },
    /// A genuine assertion opened no session.
    SignInRefused(SignInRefusal),
    /// The user answered that a sign-in was theirs.
    SignInConfirmed {
        /// The event about which the user was asked.
        event: Uuid,
    },
    /// The user answered that a sign-in was not theirs. Its session ended, if it had not ended before.
    SignInReported {
        /// The event about which the user was asked.
        event: Uuid,
    },
    /// A user signed out, of one session or of many.
    Logout {
        /// How many sessions ended.
        ended: usize,
    },
    /// A session ended. Device and place are those of the session, because the client that caused the end may be another.
    SessionEnded(Box<SessionEnd>),
    /// The session limit was reached, and older sessions ended.
    SessionEvicted {
        /// The new session.
        new_session: SessionId,
        /// How many sessions ended.
        evicted: usize,
    },
    /// An administrator ended the sessions of all users.
    EmergencyRevocation {
        /// Sessions opened until then ended.
        before: Timestamp,
        /// The administrator.
        by: Actor,
        /// The administrator's reason.
        note: String,
    },
    /// An administrator suspended the user.
    AccountSuspended(Suspension),
    /// An administrator lifted the suspension of the user.
    AccountResumed {
        /// The administrator.
        by: Actor,
        /// The administrator's reason.
        note: String,
    },
    /// An older refresh token was presented.
    TokenReused {
        /// The generation of the presented token.
        presented: u64,
        /// The generation of the row.
        current: u64,
        /// The device of the session, which may not be the client's.
        ended_device: String,
    },
    /// A refresh token was newer than its row.
    StateRegression {
        /// The generation of the presented token.
        presented: u64,
        /// The generation of the row.
        current: u64,
        /// The device of the session, which may not be the client's.
        ended_device: String,
    },
    /// A refresh token had a valid seal and a nonce that is not the session's: a refresh key may have leaked.
    TokenForged,
    /// A rate limit with a block was exceeded.
    Blocked(LimitExceeded),
    /// A rate limit without a block was exceeded.
    RateLimited(LimitExceeded),
    /// A risk rule matched.
    Risk(Finding),
    /// A refresh was repeated from another network than the session's last rotation, or the assertion of a sign-in from
    /// another network than the sign-in. The same session was the answer.
    TokenReplayed,
    /// The assertion of an earlier sign-in was presented again and refused.
    AssertionReused,
    /// A refresh token of a bound session was presented without a valid proof by its key, and refused.
    BindingFailed {
        /// The fault of the request.
        fault: ProofFault,
        /// Whether the request came from the network and the kind of device that received the token.
        same_client: bool,
    },
    /// A session was opened without a key, although a live session of the same user on the same kind of device has one.
    BindingMissing,
    /// The browser has proved the device key of a session for the first time. From then on only a proof by this key gets an access
    /// token.
    SessionBound {
        /// How the session is bound to a key.
        binding: Binding,
    },
    /// An identity provider ordered the end of sessions in an event that cannot be carried out, for example because its subject is no
    /// user and no session of ours, so that the sessions live on.
    ProviderOrderRefused {
        /// The issuer.
        issuer: String,
    },
    /// An administrator read data of other users. It is in the trail of the administrator, because a thief in the session of the
    /// user must not see that the user is being examined.
    AdminRead(ReadTarget),
}

/// Why a genuine assertion opens no session.
#[derive(Clone, Debug)]
pub enum SignInRefusal {
    /// The claim of this name is missing or has no accepted value.
    Claim(String),
    /// The user is suspended.
    Suspended,
}

/// An exceeded rate limit.
#[derive(Clone, Debug)]
pub struct LimitExceeded {
    /// The name of the limit.
    pub policy: &'static str,
    /// The end of the refusal.
    pub until: Timestamp,
}

impl EventKind {
    /// The event type.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::Login { .. } => EventType::Login,
            Self::SignInRefused(_) => EventType::SignInRefused,
            Self::SignInConfirmed { .. } => EventType::SignInConfirmed,
            Self::SignInReported { .. } => EventType::SignInReported,
            Self::Logout { .. } => EventType::Logout,
            Self::SessionEnded(_) => EventType::SessionEnded,
            Self::SessionEvicted { .. } => EventType::SessionEvicted,
            Self::EmergencyRevocation { .. } => EventType::EmergencyRevocation,
            Self::AccountSuspended(_) => EventType::AccountSuspended,
            Self::AccountResumed { .. } => EventType::AccountResumed,
            Self::TokenReused { .. } => EventType::TokenReused,
            Self::StateRegression { .. } => EventType::StateRegression,
            Self::TokenForged => EventType::TokenForged,
            Self::Blocked(_) => EventType::Blocked,
            Self::RateLimited(_) => EventType::RateLimited,
            Self::TokenReplayed => EventType::TokenReplayed,
            Self::AssertionReused => EventType::AssertionReused,
            Self::BindingFailed { .. } => EventType::BindingFailed,
            Self::BindingMissing => EventType::BindingMissing,
            Self::SessionBound { .. } => EventType::SessionBound,
            Self::ProviderOrderRefused { .. } => EventType::ProviderOrderRefused,
            Self::AdminRead(_) => EventType::AdminRead,
            Self::Risk(finding) => finding.rule.into(),
        }
    }

    /// The name of the event type, as stored.
    pub fn name(&self) -> &'static str {
        self.event_type().name()
    }

    /// The severity.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Login { .. }
            | Self::SignInConfirmed { .. }
            | Self::Logout { .. }
            | Self::SessionEnded(_)
            | Self::SessionBound { .. }
            | Self::AdminRead(_) => Severity::Info,
            Self::Risk(finding) => finding.severity,
            Self::SignInRefused(_) | Self::SessionEvicted { .. } | Self::RateLimited(_) => Severity::Low,
            Self::Blocked(_)
            | Self::AccountSuspended(_)
            | Self::AccountResumed { .. }
            | Self::TokenReplayed
            | Self::AssertionReused
            | Self::BindingMissing
            // An open page with an older version of the client sends no proof.
            | Self::BindingFailed { fault: ProofFault::Missing, same_client: true } => Severity::Medium,
            Self::SignInReported { .. } | Self::BindingFailed { .. } | Self::ProviderOrderRefused { .. } => {
                Severity::High
            }
            Self::TokenReused { .. }
            | Self::StateRegression { .. }
            | Self::TokenForged
            | Self::EmergencyRevocation { .. } => Severity::Critical,
        }
    }

    /// The details of this kind: few, bounded, and never a secret.
    pub(super) fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::TokenForged | Self::TokenReplayed | Self::AssertionReused | Self::BindingMissing => {
                json!({})
            }
            Self::Login { binding } | Self::SessionBound { binding } => json!({"binding": binding}),
            Self::BindingFailed { fault, same_client } => json!({"fault": fault, "same_client": same_client}),
            Self::ProviderOrderRefused { issuer } => json!({"issuer": issuer}),
            Self::AdminRead(target) => json!({"target_kind": target.kind(), "target": target.name()}),
            Self::SignInRefused(SignInRefusal::Claim(claim)) => json!({"claim": claim}),
            Self::SignInRefused(SignInRefusal::Suspended) => json!({"suspended": true}),
            Self::SignInConfirmed { event } | Self::SignInReported { event } => {
                json!({"event_id": event.to_string()})
            }
            Self::Logout { ended } => json!({"ended": ended}),
            Self::SessionEvicted { new_session, evicted } => {
                json!({"new_session_id": new_session, "evicted": evicted})
            }
            Self::EmergencyRevocation { before, by, note } => {
                json!({"before": before.to_rfc3339(), "by": by, "note": note})
            }
            Self::AccountSuspended(Suspension { by, note, until, .. }) => {
                json!({"by": by, "note": note, "until": until})
            }
            Self::AccountResumed { by, note } => json!({"by": by, "note": note}),
            Self::SessionEnded(end) => ended_details(end),
            Self::Risk(finding) => finding.detail.clone(),
            Self::TokenReused { presented, current, ended_device }
            | Self::StateRegression { presented, current, ended_device } => {
                json!({"presented": presented, "current": current, "ended_device": ended_device})
            }
            Self::Blocked(over) | Self::RateLimited(over) => {
                json!({"policy": over.policy, "until": over.until.to_rfc3339()})
            }
        };
        match details {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

fn ended_details(end: &SessionEnd) -> Value {
    let mut details = json!({
        "reason": end.reason.as_str(), "by": end.by, "lasted_seconds": end.lasted_seconds,
    });
    if let Some(note) = &end.note {
        details["note"] = json!(note);
    }
    details
}
