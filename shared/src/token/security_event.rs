//! Security event tokens: JWTs in which a trusted issuer reports events about its users, some of which end sessions.
//! *Source*: RFC 8417, RFC 9493, OpenID CAEP 1.0 and RISC 1.0.
//!
//! They have no `exp`, and there is no limit for their age: to refuse old ones after an outage would lose revocations. A repeated
//! one ends nothing new, so that no `jti` is stored.

mod subject;

use latchkey_verifier::VerifyingKey;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::issuer::OrderKind;
use super::order::{
    ClaimedIssuer, Expiry, OLDEST_SECONDS, OrderError, OrderRules, SubjectFault, Untyped, verified_order,
};
use super::provider_claims::moment_of;
use crate::domain::logout_order::LogoutOrder;
use crate::domain::security_event_type::SecurityEventType;
use crate::domain::time::Timestamp;

/// The rules of security event tokens.
pub const SECURITY_EVENT: OrderRules = OrderRules {
    kind: OrderKind::Events,
    types: &["secevent+jwt"],
    untyped: Untyped::Refused,
    required: "iss, aud, iat, jti or events",
    expiry: Expiry::Ignored,
};

/// Times of events above this are milliseconds, as in the drafts of CAEP. As seconds it is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// An event of a verified token.
pub struct SecurityEvent {
    /// Its type, as the token names it.
    pub event_type: String,
    /// For an event that ends sessions: the order, or the reason why it cannot be carried out.
    pub order: Option<Result<LogoutOrder, OrderError>>,
}

#[derive(Deserialize)]
struct Claims {
    sub_id: Option<Value>,
    events: Map<String, Value>,
}

/// Verifies a security event token. Events that end no session, such as the verification of a stream, give no order.
///
/// # Errors
/// The whole token is refused: see [`OrderError`].
pub fn verify(
    text: &str,
    claimed: ClaimedIssuer<'_>,
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<Vec<SecurityEvent>, OrderError> {
    let token = verified_order::<Claims>(text, &SECURITY_EVENT, claimed.source, keys, now)?;
    let Claims { sub_id, events } = &token.claims;
    if events.is_empty() {
        return Err(OrderError::Claims(SECURITY_EVENT.required));
    }
    let ends_sessions = |uri: &str, event: &Value| {
        let kind = SecurityEventType::of(uri).filter(|kind| claimed.issuer.event_types().contains(kind))?;
        kind.ends_sessions(event).then_some(kind)
    };
    let order = |kind, event: &Value| -> Result<LogoutOrder, OrderError> {
        // The drafts, and Google, have the subject in the event.
        let subject = sub_id.as_ref().or_else(|| event.get("subject")).ok_or(SubjectFault::Format)?;
        let subject = subject::read(subject, kind, claimed)?;
        Ok(LogoutOrder { subject, until: happened_at(event, token.issued_at)? })
    };
    let received = |(uri, event): (&String, &Value)| SecurityEvent {
        event_type: uri.clone(),
        order: ends_sessions(uri, event).map(|kind| order(kind, event)),
    };
    Ok(events.iter().map(received).collect())
}

/// The time of the event, in whole seconds, rounded up; that of the token if the event has none that can be right. It cannot be later
/// than the token, which would void sign-ins that are yet to come.
fn happened_at(event: &Value, issued_at: Timestamp) -> Result<Timestamp, OrderError> {
    let fault = OrderError::Claims("event_timestamp");
    let at = match event.get("event_timestamp") {
        None | Some(Value::Null) => return Ok(issued_at),
        Some(Value::Number(number)) => moment_of(number).ok_or(fault)?,
        Some(_) => return Err(fault),
    };
    let seconds = if at > MILLISECONDS_FROM { at.saturating_add(999).div_euclid(1_000) } else { at };
    let happened_at = if seconds < OLDEST_SECONDS { issued_at } else { Timestamp::from_seconds(seconds) };
    Ok(happened_at.min(issued_at))
}
