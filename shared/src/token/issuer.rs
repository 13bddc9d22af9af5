//! Trusted issuers: the identity providers and backends whose assertions we accept, and the scope that they may grant.

mod key_url;
mod logout;
mod settings;

use std::sync::Arc;

use http::Uri;
use latchkey_verifier::VerifyingKey;

pub use key_url::KeyUrls;
pub use logout::{EventSource, LogoutSettings, OrderKind, OrderSource};
pub use settings::{IssuerError, parse_trusted_issuers};

use super::claim::{ClaimName, RequiredClaim};
use crate::domain::id::{SUBJECT_MAX_BYTES, UserId};
use crate::domain::security_event_type::SecurityEventType;
use crate::domain::upstream_session::UpstreamSession;

/// A trusted issuer. Two issuers never share a user, because the prefix of one never begins with the prefix of the other.
#[derive(Clone)]
pub struct TrustedIssuer {
    /// The `iss` of its assertions, compared byte for byte.
    pub issuer: String,
    /// The `aud` that its assertions must contain.
    pub audience: String,
    /// The source of its keys.
    pub keys: IssuerKeys,
    /// The scope words that it may grant; none by default.
    pub scopes: Vec<String>,
    /// The claim that contains the scope words; `scope` by default.
    pub scope_claim: ClaimName,
    /// The claims that an assertion must have to open a session; none by default.
    pub require: Vec<RequiredClaim>,
    /// The text before `sub` in a user id; empty by default.
    pub user_prefix: String,
    /// Whether `iat` counts as `auth_time` in an assertion without `auth_time`. Otherwise the time is not known, so that the
    /// sign-in never counts as recent.
    pub iat_is_auth_time: bool,
    /// Whether its administrators reach the users of all issuers. Otherwise they reach those with its own prefix.
    pub admin_of_all: bool,
    /// The ways in which it may end sessions of its users; none by default.
    pub logout: Option<LogoutSettings>,
}

impl TrustedIssuer {
    /// The user with this `sub`, with the issuer's prefix. `None` if no assertion could name the user.
    pub fn user(&self, sub: &str) -> Option<UserId> {
        // The prefix alone names no user.
        let is_valid = !sub.is_empty() && sub.len() <= SUBJECT_MAX_BYTES;
        format!("{}{sub}", self.user_prefix).parse().ok().filter(|_| is_valid)
    }

    /// The signer of the issuer's orders of this kind, if it may send them.
    pub fn order_source(&self, kind: OrderKind) -> Option<&OrderSource> {
        self.logout.as_ref()?.source(kind)
    }

    /// The security events of the issuer that end sessions.
    pub fn event_types(&self) -> &[SecurityEventType] {
        let events = self.logout.as_ref().and_then(|logout| logout.events.as_ref());
        events.map_or(&[], |events| events.types.as_slice())
    }

    /// The session at the issuer with this `sid`. `None` for an empty one, which names no session.
    pub fn upstream_session(&self, sid: &str) -> Option<UpstreamSession> {
        (!sid.is_empty()).then(|| UpstreamSession::of(&self.issuer, sid))
    }
}

/// The source of an issuer's keys.
#[derive(Clone)]
pub enum IssuerKeys {
    /// The settings contain the keys.
    Inline(Arc<[VerifyingKey]>),
    /// The keys are fetched from a URL when they are needed, and cached.
    Url(Uri),
}
