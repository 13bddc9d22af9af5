//! What happened? One line of the audit trail.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU16, Ordering};

use aws_lc_rs::digest;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::id::{SessionId, UserId};
use crate::place::Network;
use crate::risk::Finding;
use crate::session::end::End;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Expected.
    Info,
    /// Worth a look in hindsight.
    Low,
    /// Worth a look.
    Medium,
    /// Worth an alert.
    High,
    /// Someone must act.
    Critical,
}

impl Severity {
    pub(crate) const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Reads what the trail writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }

    /// As the trail writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

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
    SessionEnded(End),
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
    Blocked(Over),
    /// Somebody is over a limit that refuses until there is room again.
    RateLimited(Over),
    /// A risk rule fired.
    Risk(Finding),
    /// The previous refresh token was used in grace from another network.
    TokenReplayed {
        /// From where.
        ip: Option<IpAddr>,
    },
}

/// Which limit somebody is over, and for how long.
#[derive(Clone, Debug)]
pub struct Over {
    /// Which limit.
    pub policy: &'static str,
    /// Until when.
    pub until: Timestamp,
    /// From where.
    pub ip: Option<IpAddr>,
}

/// Whom an event is about, and so in whose trail it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(UserId),
    /// A network that nobody signed in from.
    Network(Network),
    /// All of the deployment.
    Everyone,
}

static PLACE: AtomicU16 = AtomicU16::new(0);

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// A UUID of version 7: newest last in the table.
    pub id: Uuid,
    /// About whom.
    pub subject: Subject,
    /// In which session, if in one.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// An event of a user's session at `now_millis`, with a random id.
    pub fn new(user: &UserId, session: SessionId, now_millis: i64, kind: EventKind) -> Self {
        Self { session: Some(session), ..Self::about(Subject::User(user.clone()), now_millis, kind) }
    }

    /// An event of a session that can happen once a second: its id is made of it, so that telling it again
    /// tells nothing new.
    pub fn named(user: &UserId, session: SessionId, at: Timestamp, what: &str, kind: EventKind) -> Self {
        let digest = digest::digest(&digest::SHA256, format!("{what} {session} {}", at.seconds()).as_bytes());
        let mut name = [0; 10];
        name.copy_from_slice(&digest.as_ref()[..10]);
        let millis = u64::try_from(at.seconds().saturating_mul(1_000)).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &name).into_uuid();
        Self { id, subject: Subject::User(user.clone()), session: Some(session), at, kind }
    }

    /// An event of no session.
    pub fn about(subject: Subject, now_millis: i64, kind: EventKind) -> Self {
        let mut random = [0; 10];
        // Without randomness the count below still tells events of one process apart.
        let _ = aws_lc_rs::rand::fill(&mut random);
        // Events of one millisecond keep their order: the first 12 bits after the time count.
        let place = PLACE.fetch_add(1, Ordering::Relaxed);
        random[..2].copy_from_slice(&place.to_be_bytes());
        let millis = u64::try_from(now_millis).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        let at = Timestamp::from_seconds(now_millis.div_euclid(1000));
        Self { id, subject, session: None, at, kind }
    }

    /// The end of a session as an event.
    pub fn ended(end: &End, now_millis: i64) -> Self {
        Self::new(&end.user, end.session, now_millis, EventKind::SessionEnded(end.clone()))
    }
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

fn ended_details(end: &End) -> Value {
    let mut details = json!({
        "reason": end.reason.as_str(), "by": end.by.as_str(), "lasted_seconds": end.lasted_seconds,
    });
    if let Some(note) = &end.note {
        details["note"] = json!(note);
    }
    details
}
