//! What can happen? Every kind of event, with its name, its severity and its facts.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::domain::id::{SessionId, UserId};
use crate::domain::risk::Finding;
use crate::domain::session::end::SessionEnd;
use crate::domain::severity::Severity;
use crate::domain::time::Timestamp;

/// Every type of event, for filters.
pub const EVENT_TYPES: [&str; 17] = [
    "login",
    "logout",
    "session_ended",
    "session_evicted",
    "emergency_revocation",
    "token_reused",
    "state_regression",
    "token_forged",
    "blocked",
    "rate_limited",
    "token_replayed",
    "new_device",
    "new_country",
    "ip_changed",
    "country_changed",
    "impossible_travel",
    "device_changed",
];

/// What happened, with its facts.
#[derive(Clone, Debug)]
pub enum EventKind {
    /// A session was opened.
    Login {
        /// From where.
        ip: Option<IpAddr>,
        /// With what.
        device: String,
    },
    /// A user signed out, of one session or of many.
    Logout {
        /// From where.
        ip: Option<IpAddr>,
        /// With what.
        device: String,
        /// How many sessions ended.
        ended: usize,
    },
    /// A session ended.
    SessionEnded(SessionEnd),
    /// A session had to make room for a newer one.
    SessionEvicted {
        /// The newer session.
        by: SessionId,
        /// What it was opened with.
        device: String,
        /// How many had to go.
        evicted: usize,
    },
    /// An administrator signed everyone out.
    EmergencyRevocation {
        /// Sessions opened until then are over.
        before: Timestamp,
        /// Who.
        by: UserId,
        /// Why.
        note: String,
    },
    /// An older refresh token was used.
    TokenReused {
        /// The generation that came.
        presented: u64,
        /// The generation of the row.
        current: u64,
        /// From where.
        ip: Option<IpAddr>,
        /// With what.
        device: String,
    },
    /// A refresh token was newer than its row.
    StateRegression {
        /// The generation that came.
        presented: u64,
        /// The generation of the row.
        current: u64,
    },
    /// A token with our seal and a wrong nonce: a refresh key has leaked.
    TokenForged {
        /// From where.
        ip: Option<IpAddr>,
    },
    /// Somebody is over a limit that blocks.
    Blocked(LimitExceeded),
    /// Somebody is over a limit that refuses until there is room again.
    RateLimited(LimitExceeded),
    /// A risk rule fired.
    Risk(Finding),
    /// A refresh token was used twice within grace, the second time from another network.
    TokenReplayed {
        /// From where.
        ip: Option<IpAddr>,
    },
}

/// Which limit somebody is over, and for how long.
#[derive(Clone, Debug)]
pub struct LimitExceeded {
    /// Which limit.
    pub policy: &'static str,
    /// Until when.
    pub until: Timestamp,
    /// From where.
    pub ip: Option<IpAddr>,
}

impl EventKind {
    /// The `event_type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::Logout { .. } => "logout",
            Self::SessionEnded(_) => "session_ended",
            Self::SessionEvicted { .. } => "session_evicted",
            Self::EmergencyRevocation { .. } => "emergency_revocation",
            Self::TokenReused { .. } => "token_reused",
            Self::StateRegression { .. } => "state_regression",
            Self::TokenForged { .. } => "token_forged",
            Self::Blocked(_) => "blocked",
            Self::RateLimited(_) => "rate_limited",
            Self::TokenReplayed { .. } => "token_replayed",
            Self::Risk(finding) => finding.rule.name(),
        }
    }

    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Login { .. } | Self::Logout { .. } | Self::SessionEnded(_) => Severity::Info,
            Self::Risk(finding) => finding.severity,
            Self::SessionEvicted { .. } | Self::RateLimited(_) => Severity::Low,
            Self::Blocked(_) | Self::TokenReplayed { .. } => Severity::Medium,
            Self::TokenReused { .. }
            | Self::StateRegression { .. }
            | Self::TokenForged { .. }
            | Self::EmergencyRevocation { .. } => Severity::Critical,
        }
    }

    /// Its facts: few, bounded, never a secret.
    pub fn details(&self) -> Map<String, Value> {
        let details = match self {
            Self::Login { ip, device } => json!({"ip": ip, "device": device}),
            Self::Logout { ip, device, ended } => json!({"ip": ip, "device": device, "ended": ended}),
            Self::SessionEvicted { by, device, evicted } => {
                json!({"by": by, "device": device, "evicted": evicted})
            }
            Self::EmergencyRevocation { before, by, note } => {
                json!({"before": before.to_rfc3339(), "by": by, "note": note})
            }
            Self::SessionEnded(end) => ended_details(end),
            Self::Risk(finding) => finding.detail.clone(),
            Self::TokenReused { presented, current, ip, device } => {
                json!({"presented": presented, "current": current, "ip": ip, "device": device})
            }
            Self::StateRegression { presented, current } => {
                json!({"presented": presented, "current": current})
            }
            Self::TokenForged { ip } | Self::TokenReplayed { ip } => json!({"ip": ip}),
            Self::Blocked(over) | Self::RateLimited(over) => {
                json!({"policy": over.policy, "until": over.until.to_rfc3339(), "ip": over.ip})
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
        "reason": end.reason.as_str(), "by": end.by.as_str(), "lasted_seconds": end.lasted_seconds,
    });
    if let Some(note) = &end.note {
        details["note"] = json!(note);
    }
    details
}
