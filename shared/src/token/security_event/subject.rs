//! The subject of a security event: which user, or which session at the provider? *Source*: RFC 9493, and the drafts before it.

use serde_json::Value;

use crate::domain::id::UserId;
use crate::domain::logout_order::OrderSubject;
use crate::domain::security_event_type::SecurityEventType;
use crate::domain::upstream_session::UpstreamSession;
use crate::token::issuer::TrustedIssuer;
use crate::token::order::{ClaimedIssuer, SubjectFault};

/// The subject of an event. Only a revoked session is a single one: every other event concerns the whole account.
pub(super) fn read(
    subject: &Value,
    kind: SecurityEventType,
    claimed: ClaimedIssuer<'_>,
) -> Result<OrderSubject, SubjectFault> {
    let is_about_session = kind == SecurityEventType::SessionRevoked;
    match format(subject).ok_or(SubjectFault::Format)? {
        "complex" => {
            let user = user_of(&subject["user"], claimed);
            let session = session_of(&subject["session"], claimed.issuer).filter(|_| is_about_session);
            match (session, user) {
                (Some(session), user) => Ok(OrderSubject::Upstream { session, user }),
                // A session that we cannot read may be any of the user's.
                (None, Some(user)) => Ok(OrderSubject::User(user)),
                (None, None) if is_about_session && !subject["session"].is_null() => {
                    Err(SubjectFault::Session("session of the subject"))
                }
                (None, None) => Err(SubjectFault::User("user of the subject")),
            }
        }
        "opaque" if is_about_session => {
            let session = session_of(subject, claimed.issuer).ok_or(SubjectFault::Session("the subject"))?;
            Ok(OrderSubject::Upstream { session, user: None })
        }
        _ => user_of(subject, claimed).map(OrderSubject::User).ok_or(SubjectFault::User("the subject")),
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
fn user_of(subject: &Value, ClaimedIssuer { issuer, source }: ClaimedIssuer<'_>) -> Option<UserId> {
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
