//! The subject of a security event: which user, or which session at the provider? *Source*: RFC 9493, and the drafts before it.

use serde_json::Value;

use crate::domain::id::UserId;
use crate::domain::logout_order::OrderSubject;
use crate::domain::security_event_type::SecurityEventType;
use crate::domain::upstream_session::UpstreamSession;
use crate::token::issuer::{OrderSource, TrustedIssuer};

/// The subject of an event; `None` if it names no user and no session of ours.
pub(super) fn read(
    subject: &Value,
    kind: SecurityEventType,
    issuer: &TrustedIssuer,
    source: &OrderSource,
) -> Option<OrderSubject> {
    match format(subject)? {
        "complex" => {
            let user = user_of(&subject["user"], issuer, source);
            let session = session_of(&subject["session"], issuer);
            match session {
                Some(session) => Some(OrderSubject::Upstream { session, user }),
                None => user.map(OrderSubject::User),
            }
        }
        // A revoked session is named by its own id, and everything else by that of the user.
        "opaque" if kind == SecurityEventType::SessionRevoked => {
            Some(OrderSubject::Upstream { session: session_of(subject, issuer)?, user: None })
        }
        _ => user_of(subject, issuer, source).map(OrderSubject::User),
    }
}

/// The format. Drafts called it `subject_type`, and left it out of subjects with several parts.
fn format(subject: &Value) -> Option<&str> {
    let members = subject.as_object()?;
    let named = members.get("format").or_else(|| members.get("subject_type"));
    match named {
        Some(format) => format.as_str(),
        None if members.contains_key("user") || members.contains_key("session") => Some("complex"),
        None => None,
    }
}

/// The user that a simple subject names. `iss` may be that of the sign-ins or that of the events, because Google's differ.
fn user_of(subject: &Value, issuer: &TrustedIssuer, source: &OrderSource) -> Option<UserId> {
    match format(subject)? {
        "iss_sub" | "iss-sub" => {
            let iss = subject["iss"].as_str()?;
            let is_own = iss == issuer.issuer || iss == source.issuer;
            issuer.user(subject["sub"].as_str().filter(|_| is_own)?)
        }
        "opaque" => issuer.user(subject["id"].as_str()?),
        _ => None,
    }
}

/// The session at the provider that a subject names by its `sid`.
fn session_of(subject: &Value, issuer: &TrustedIssuer) -> Option<UpstreamSession> {
    if format(subject)? != "opaque" {
        return None;
    }
    issuer.upstream_session(subject["id"].as_str()?)
}
