//! How long do tokens and sessions live?

use std::time::Duration;

/// How long things live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// An access token; default 1 h.
    pub access: Duration,
    /// A refresh token, and so the longest sleep of a session; default 7 d.
    pub refresh: Duration,
    /// A session; default 30 d.
    pub session: Duration,
    /// The time after a rotation in which its own device may repeat it; default 60 s, at most 600 s.
    pub grace: Duration,
    /// From when on an access token is `expiring`; default 5 min.
    pub near_expiry: Duration,
}
