//! Logout tokens: JWTs with which a trusted issuer ends sessions. *Source*: OpenID Connect Back-Channel Logout 1.0.
//!
//! A repeated token ends nothing new (see [`crate::domain::logout_order`]), so that no `jti` is stored.

use latchkey_verifier::{VerifyingKey, verify_signature};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::issuer::{OrderSource, TrustedIssuer};
use super::provider_claims::{Audience, begins_at, claimed_iss, may_end_at};
use crate::domain::logout_order::{LogoutOrder, OrderSubject};
use crate::domain::session::CLOCK_SKEW_MAX;
use crate::domain::time::Timestamp;

/// The event that makes a JWT a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The permitted types. The first version of the specification had none, so that providers also send `JWT`.
const TYPES: [&str; 3] = ["logout+jwt", "application/logout+jwt", "JWT"];

/// Why a logout token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    /// The text is no JWT, or its issuer may not end sessions in this way.
    #[error("iss may not end sessions in this way: its entry in the settings has no logout for it")]
    Issuer,
    /// The signature or `typ` is wrong.
    #[error("the signature or typ is wrong")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("iss, aud, iat, jti or events is missing, or a claim has the wrong type")]
    Claims,
    /// `aud` does not contain the configured audience.
    #[error("aud does not contain the configured audience")]
    Audience,
    /// The token has expired, or was issued in the future.
    #[error("it has expired, or iat is in the future")]
    Time,
    /// The token has `nonce`, as an ID token has.
    #[error("it has a nonce, which only an ID token may have")]
    Nonce,
    /// `events` has no back-channel logout.
    #[error("events does not contain {LOGOUT_EVENT} with an object")]
    Event,
    /// Neither `sub` nor `sid` names a subject.
    #[error("neither sub nor sid names a user or a session")]
    Subject,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(deserialize_with = "begins_at")]
    iat: i64,
    #[serde(default, deserialize_with = "may_end_at")]
    exp: Option<i64>,
    #[serde(rename = "jti")]
    _jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<IgnoredAny>,
}

/// Finds the issuer that the text names in `iss`, with the source of its logout tokens. The signature is not verified yet.
///
/// # Errors
/// [`LogoutTokenError::Issuer`].
pub fn claimed_source<'i>(
    text: &str,
    issuers: &'i [TrustedIssuer],
) -> Result<(&'i TrustedIssuer, &'i OrderSource), LogoutTokenError> {
    let iss = claimed_iss(text).ok_or(LogoutTokenError::Issuer)?;
    let source = |issuer: &'i TrustedIssuer| Some((issuer, issuer.logout.as_ref()?.backchannel.as_ref()?));
    let mut sources = issuers.iter().filter_map(source);
    sources.find(|(_, source)| source.issuer == iss).ok_or(LogoutTokenError::Issuer)
}

/// Verifies a logout token of `source`, and returns its order about users of `issuer`.
///
/// # Errors
/// See [`LogoutTokenError`].
pub fn verify(
    text: &str,
    (issuer, source): (&TrustedIssuer, &OrderSource),
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<LogoutOrder, LogoutTokenError> {
    let signed = verify_signature(text, keys).map_err(|_| LogoutTokenError::Signature)?;
    let is_permitted = |typ: &str| TYPES.iter().any(|permitted| typ.eq_ignore_ascii_case(permitted));
    if !signed.typ.as_deref().is_none_or(is_permitted) {
        return Err(LogoutTokenError::Signature);
    }
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| LogoutTokenError::Claims)?;
    if claims.iss != source.issuer {
        return Err(LogoutTokenError::Issuer);
    }
    if !claims.aud.names(&source.audience) {
        return Err(LogoutTokenError::Audience);
    }
    let issued_at = Timestamp::from_seconds(claims.iat);
    // An order of the future would void sign-ins that are yet to come. A provider without `exp` repeats nothing that could hurt.
    let has_expired = claims.exp.is_some_and(|exp| Timestamp::from_seconds(exp) + CLOCK_SKEW_MAX <= now);
    if has_expired || issued_at > now + CLOCK_SKEW_MAX {
        return Err(LogoutTokenError::Time);
    }
    if claims.nonce.is_some() {
        return Err(LogoutTokenError::Nonce);
    }
    if !claims.events.get(LOGOUT_EVENT).is_some_and(Value::is_object) {
        return Err(LogoutTokenError::Event);
    }
    Ok(LogoutOrder { subject: subject(issuer, &claims)?, until: issued_at })
}

/// The subject: with `sid` one session at the provider, otherwise all sessions of the user.
fn subject(issuer: &TrustedIssuer, claims: &Claims) -> Result<OrderSubject, LogoutTokenError> {
    let user =
        claims.sub.as_deref().map(|sub| issuer.user(sub).ok_or(LogoutTokenError::Subject)).transpose()?;
    let Some(sid) = claims.sid.as_deref() else {
        return user.map(OrderSubject::User).ok_or(LogoutTokenError::Subject);
    };
    let session = issuer.upstream_session(sid).ok_or(LogoutTokenError::Subject)?;
    Ok(OrderSubject::Upstream { session, user })
}
