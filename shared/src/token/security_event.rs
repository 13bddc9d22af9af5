//! Security event tokens: JWTs in which a trusted issuer reports events about its users, some of which end sessions.
//! *Source*: RFC 8417, RFC 9493, OpenID CAEP 1.0 and RISC 1.0.
//!
//! They have no `exp`, and there is no limit for their age: to refuse old ones after an outage would lose revocations. A repeated
//! one ends nothing new, so that no `jti` is stored.

mod subject;

use latchkey_verifier::{VerifyingKey, verify_signature};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::issuer::{EventSource, TrustedIssuer};
use super::provider_claims::{Audience, begins_at, claimed_iss, moment_of};
use crate::domain::logout_order::LogoutOrder;
use crate::domain::security_event_type::SecurityEventType;
use crate::domain::session::CLOCK_SKEW_MAX;
use crate::domain::time::Timestamp;

/// The type of a security event token.
const TYPE: &str = "secevent+jwt";

/// Times of events above this are milliseconds, as in the drafts of CAEP. As seconds it is the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Why a security event token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecurityEventError {
    /// The text is no JWT, or its issuer may not send events.
    #[error("iss may not end sessions in this way: its entry in the settings has no logout for it")]
    Issuer,
    /// The signature is wrong, or by an unknown key.
    #[error("no key of the issuer made the signature")]
    Signature,
    /// `typ` is another one.
    #[error("typ is not {TYPE}")]
    Type,
    /// A claim is missing or of the wrong type.
    #[error("iss, aud, iat, jti or events is missing, or a claim has the wrong type")]
    Claims,
    /// `aud` does not contain the configured audience.
    #[error("aud does not contain the configured audience")]
    Audience,
    /// The token was issued in the future.
    #[error("iat is in the future")]
    Time,
    /// An event that ends sessions has a subject that names no user and no session of ours.
    #[error(
        "the subject is none of: iss_sub with the issuer of the user's sign-ins, opaque, or complex with a session or a user of these"
    )]
    Subject,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(deserialize_with = "begins_at")]
    iat: i64,
    #[serde(rename = "jti")]
    _jti: String,
    sub_id: Option<Value>,
    events: Map<String, Value>,
}

/// Finds the issuer that the text names in `iss`, with the source of its events. The signature is not verified yet.
///
/// # Errors
/// [`SecurityEventError::Issuer`].
pub fn claimed_source<'i>(
    text: &str,
    issuers: &'i [TrustedIssuer],
) -> Result<(&'i TrustedIssuer, &'i EventSource), SecurityEventError> {
    let iss = claimed_iss(text).ok_or(SecurityEventError::Issuer)?;
    let source = |issuer: &'i TrustedIssuer| Some((issuer, issuer.logout.as_ref()?.events.as_ref()?));
    let mut sources = issuers.iter().filter_map(source);
    sources.find(|(_, events)| events.source.issuer == iss).ok_or(SecurityEventError::Issuer)
}

/// Verifies a security event token of `source`, and returns the orders of those events that end sessions of users of `issuer`.
/// Other events, such as verifications of a stream, give no order.
///
/// # Errors
/// See [`SecurityEventError`].
pub fn verify(
    text: &str,
    (issuer, events): (&TrustedIssuer, &EventSource),
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<Vec<LogoutOrder>, SecurityEventError> {
    let signed = verify_signature(text, keys).map_err(|_| SecurityEventError::Signature)?;
    let typ = signed.typ.as_deref().unwrap_or_default();
    if !typ.strip_prefix("application/").unwrap_or(typ).eq_ignore_ascii_case(TYPE) {
        return Err(SecurityEventError::Type);
    }
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| SecurityEventError::Claims)?;
    if claims.iss != events.source.issuer {
        return Err(SecurityEventError::Issuer);
    }
    if !claims.aud.names(&events.source.audience) {
        return Err(SecurityEventError::Audience);
    }
    if claims.events.is_empty() {
        return Err(SecurityEventError::Claims);
    }
    if Timestamp::from_seconds(claims.iat) > now + CLOCK_SKEW_MAX {
        return Err(SecurityEventError::Time);
    }
    orders(issuer, events, &claims)
}

fn orders(
    issuer: &TrustedIssuer,
    events: &EventSource,
    claims: &Claims,
) -> Result<Vec<LogoutOrder>, SecurityEventError> {
    let mut orders = vec![];
    for (uri, event) in &claims.events {
        let Some(kind) = SecurityEventType::of(uri).filter(|kind| events.types.contains(kind)) else {
            continue;
        };
        if !kind.ends_sessions(event) {
            continue;
        }
        // The drafts, and Google, have the subject in the event.
        let subject = claims.sub_id.as_ref().or_else(|| event.get("subject"));
        let subject = subject.and_then(|subject| subject::read(subject, kind, issuer, &events.source));
        let subject = subject.ok_or(SecurityEventError::Subject)?;
        orders.push(LogoutOrder { subject, until: happened_at(event, claims.iat)? });
    }
    Ok(orders)
}

/// The time of the event, in whole seconds, rounded up. It cannot be later than the token, which would void sign-ins that are yet
/// to come.
fn happened_at(event: &Value, issued_at: i64) -> Result<Timestamp, SecurityEventError> {
    let at = match event.get("event_timestamp") {
        None | Some(Value::Null) => issued_at,
        Some(Value::Number(number)) => moment_of(number).ok_or(SecurityEventError::Claims)?,
        Some(_) => return Err(SecurityEventError::Claims),
    };
    let seconds = if at > MILLISECONDS_FROM { at.saturating_add(999).div_euclid(1_000) } else { at };
    Ok(Timestamp::from_seconds(seconds.min(issued_at)))
}
