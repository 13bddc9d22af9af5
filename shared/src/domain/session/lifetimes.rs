//! The lifetimes of tokens and sessions.

use std::time::Duration;

/// The greatest lifetime of a session or a refresh token: 366 d. A session keeps the lifetime that it was opened with, so that some live
/// for so long after the setting was lowered.
pub const SESSION_TTL_MAX: Duration = Duration::from_secs(366 * 86_400);

/// The lifetimes of tokens and sessions, from the settings.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// Lifetime of an access token. Default: 1 h.
    pub access: Duration,
    /// Lifetime of a refresh token, and so the longest time without a refresh. Default: 7 d.
    pub refresh: Duration,
    /// Lifetime of a session. Default: 30 d.
    pub session: Duration,
    /// The time after a rotation in which the same device may repeat it. Default: 60 s, at most 600 s.
    pub grace: Duration,
    /// The time after a rotation in which the same device on the same network may repeat it; 0 is off. Default: 24 h.
    pub late_retry: Duration,
    /// The remaining time below which an access token is reported as `expiring`. Default: 5 min.
    pub near_expiry: Duration,
}
