//! Assertions: short-lived JWTs in which a trusted issuer states which user has signed in.
//!
//! A backend that calls us without a session, for example to report a failed password, also presents an assertion. It
//! must have one of the scope words that are reserved for backends, and it can never open a session.

use aws_lc_rs::digest;
use latchkey_verifier::{VerifyingKey, verify_signature};
use serde::Deserialize;
use serde_json::Value;

use super::claim;
use super::issuer::TrustedIssuer;
use super::provider_claims::{Audience, begins_at, claimed_iss, ends_at, may_begin_at, may_end_at};
use crate::domain::id::{SUBJECT_MAX_BYTES, UserId};
use crate::domain::scope::{SCOPE_MAX_BYTES, SERVICE, Scope};
use crate::domain::time::Timestamp;
use crate::domain::upstream_session::UpstreamSession;

/// The time that `iat` and `nbf` may be ahead of our clock, in seconds. `exp` has no leeway.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// The longest lifetime of a backend's assertion. It can be used many times, so that a stolen one must expire soon.
const SERVICE_MAX_LIFE: std::time::Duration = std::time::Duration::from_secs(300);

/// A verified assertion: the user has signed in at a trusted issuer.
#[derive(Clone)]
pub struct Assertion {
    /// The user, with the issuer's prefix.
    pub user: UserId,
    /// The scope words that the assertion contains and the issuer may grant.
    pub scope: Scope,
    /// The time of the user's last authentication, if the issuer gives it.
    pub auth_time: Option<Timestamp>,
    /// The time of issue, from `iat`.
    pub issued_at: Timestamp,
    /// The session at the issuer, if the issuer may end it and `sid` names it.
    pub upstream: Option<UpstreamSession>,
    /// The mark under which the store records that the assertion has been used.
    pub used_mark: UsedMark,
    /// Header and payload, as they were signed.
    pub signing_input: String,
}

/// Omits the signed text, because it is most of a credential.
impl std::fmt::Debug for Assertion {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Assertion").field("issued_at", &self.issued_at).finish_non_exhaustive()
    }
}

/// The first 8 bytes of SHA-256 over the issuer and the signing input. The signature is left out, because an ECDSA
/// signature can be changed into another valid one, with which the same assertion could be used a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedMark(pub [u8; 8]);

/// The reason why an assertion is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// The issuer is not trusted, or the text is no JWT.
    #[error("iss is not a trusted issuer")]
    Issuer,
    /// The signature or `typ` is wrong.
    #[error("the signature or typ is wrong")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("a required claim is missing or malformed")]
    Claims,
    /// The token orders an end: a logout token or a security event token, which may have the type of an ID token.
    #[error("it has the claim events")]
    Events,
    /// `aud` does not contain the issuer's configured audience.
    #[error("aud does not contain the configured audience")]
    Audience,
    /// The assertion has expired, is older than `ASSERTION_MAX_AGE`, or is not valid yet.
    #[error("it has expired, is too old or is not valid yet")]
    Time,
    /// The assertion has a scope word for backends, and such an assertion never opens a session.
    #[error("an assertion of a backend cannot open a session")]
    Service,
    /// The backend's assertion lacks the scope word that the call needs, or the issuer may not grant it.
    #[error("it does not grant the scope that the call needs")]
    Scope,
    /// The assertion is genuine, but a claim that the issuer's settings require has no accepted value.
    #[error("the claim {claim} is missing or has a value that the settings do not accept")]
    RequiredClaim {
        /// The user, with the issuer's prefix.
        user: UserId,
        /// The name of the claim.
        claim: String,
    },
    /// `sub` is longer than OpenID Connect allows.
    #[error("sub is longer than {SUBJECT_MAX_BYTES} bytes")]
    UserTooLong,
    /// The scope is longer than a row can hold.
    #[error("the scope is longer than 160 bytes")]
    ScopeTooLong,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(deserialize_with = "begins_at")]
    iat: i64,
    #[serde(deserialize_with = "ends_at")]
    exp: i64,
    #[serde(default, deserialize_with = "may_begin_at")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "may_end_at")]
    auth_time: Option<i64>,
}

/// A genuine assertion whose time has not been checked.
struct Genuine<'t> {
    claims: Claims,
    /// All claims, for the settings that name some of them.
    all: claim::Claims,
    signing_input: &'t str,
}

/// Finds the trusted issuer that the text names in `iss`. The signature is not verified yet.
///
/// # Errors
/// `Issuer` if the text names no trusted issuer.
pub fn claimed_issuer<'i>(
    text: &str,
    issuers: &'i [TrustedIssuer],
) -> Result<&'i TrustedIssuer, AssertionError> {
    let iss = claimed_iss(text).ok_or(AssertionError::Issuer)?;
    issuers.iter().find(|issuer| issuer.issuer == iss).ok_or(AssertionError::Issuer)
}

/// Verifies an assertion of `issuer`: signature, type, audience, time, scope and user.
///
/// *Units*: `max_age` is the greatest allowed distance from `iat` to `now`.
///
/// # Errors
/// See [`AssertionError`].
pub fn verify(
    text: &str,
    issuer: &TrustedIssuer,
    keys: &[VerifyingKey],
    now: Timestamp,
    max_age: std::time::Duration,
) -> Result<Assertion, AssertionError> {
    let Genuine { claims, all, signing_input } = signed_claims(text, issuer, keys)?;
    check_time(&claims, now, max_age)?;
    let user = user_id(issuer, &claims.sub)?;
    let words = scope_words(&all, issuer);
    if words.iter().any(|word| SERVICE.contains(word)) {
        return Err(AssertionError::Service);
    }
    if let Some(unmet) = issuer.require.iter().find(|required| !required.is_met(&all)) {
        return Err(AssertionError::RequiredClaim { user, claim: unmet.name.as_str().to_owned() });
    }
    let scope = Scope::of(words.into_iter().filter(|word| issuer.scopes.iter().any(|own| own == word)));
    if scope.as_str().len() > SCOPE_MAX_BYTES {
        return Err(AssertionError::ScopeTooLong);
    }
    // Some issuers write 0 for a time that they do not know.
    let auth_time = claims.auth_time.filter(|at| *at > 0).or(issuer.iat_is_auth_time.then_some(claims.iat));
    // An issuer's clock that is fast must not make a sign-in fresh for longer.
    let auth_time = auth_time.map(|at| Timestamp::from_seconds(at.min(claims.iat).min(now.seconds())));
    Ok(Assertion {
        user,
        scope,
        auth_time,
        issued_at: Timestamp::from_seconds(claims.iat),
        upstream: upstream_session(issuer, &all),
        used_mark: used_mark(&issuer.issuer, signing_input),
        signing_input: signing_input.to_owned(),
    })
}

/// Verifies the assertion of a backend that calls without a session. The assertion is valid until it expires, at most
/// five minutes after `iat`.
///
/// # Errors
/// See [`AssertionError`]. `Scope` if the assertion is valid but does not grant `scope`.
pub fn verify_service(
    text: &str,
    issuer: &TrustedIssuer,
    keys: &[VerifyingKey],
    scope: &str,
    now: Timestamp,
) -> Result<(), AssertionError> {
    let Genuine { claims, all, .. } = signed_claims(text, issuer, keys)?;
    check_time(&claims, now, SERVICE_MAX_LIFE)?;
    let life = claims.exp.saturating_sub(claims.iat);
    if life > i64::try_from(SERVICE_MAX_LIFE.as_secs()).unwrap_or(i64::MAX) {
        return Err(AssertionError::Time);
    }
    let granted = scope_words(&all, issuer).contains(&scope) && issuer.scopes.iter().any(|own| own == scope);
    granted.then_some(()).ok_or(AssertionError::Scope)
}

/// Verifies signature, type, issuer and audience. The caller checks the time.
fn signed_claims<'t>(
    text: &'t str,
    issuer: &TrustedIssuer,
    keys: &[VerifyingKey],
) -> Result<Genuine<'t>, AssertionError> {
    let signed = verify_signature(text, keys).map_err(|_| AssertionError::Signature)?;
    // Explicit typing (RFC 8725, section 3.11): access tokens and logout tokens have another type and are refused.
    if signed.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return Err(AssertionError::Signature);
    }
    let claims: Claims = serde_json::from_slice(&signed.payload).map_err(|_| AssertionError::Claims)?;
    if claims.iss != issuer.issuer {
        return Err(AssertionError::Issuer);
    }
    if !claims.aud.names(&issuer.audience) {
        return Err(AssertionError::Audience);
    }
    let all: claim::Claims = serde_json::from_slice(&signed.payload).map_err(|_| AssertionError::Claims)?;
    // A logout token may have the type `JWT` or none, and everything else that an assertion needs. *Source*: OpenID Connect
    // Back-Channel Logout 1.0 section 4.1, RFC 8417 section 4.5.
    if all.contains_key("events") {
        return Err(AssertionError::Events);
    }
    Ok(Genuine { claims, all, signing_input: signed.signing_input })
}

fn user_id(issuer: &TrustedIssuer, sub: &str) -> Result<UserId, AssertionError> {
    if sub.len() > SUBJECT_MAX_BYTES {
        return Err(AssertionError::UserTooLong);
    }
    issuer.user(sub).ok_or(AssertionError::Claims)
}

/// The session at the issuer. An issuer that cannot end sessions has none, so that its sign-ins cost no more.
fn upstream_session(issuer: &TrustedIssuer, claims: &claim::Claims) -> Option<UpstreamSession> {
    issuer.logout.as_ref()?;
    claims.get("sid")?.as_str().and_then(|sid| issuer.upstream_session(sid))
}

/// The scope words in the assertion, whether the issuer may grant them or not.
fn scope_words<'c>(claims: &'c claim::Claims, issuer: &TrustedIssuer) -> Vec<&'c str> {
    match issuer.scope_claim.find(claims) {
        Some(Value::String(text)) => text.split(' ').collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

fn check_time(claims: &Claims, now: Timestamp, max_age: std::time::Duration) -> Result<(), AssertionError> {
    let now = now.seconds();
    let latest = now.saturating_add(CLOCK_SKEW_SECONDS);
    let oldest = now.saturating_sub(i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX));
    let is_valid = now < claims.exp
        && (oldest..=latest).contains(&claims.iat)
        && claims.nbf.is_none_or(|nbf| nbf <= latest);
    is_valid.then_some(()).ok_or(AssertionError::Time)
}

fn used_mark(issuer: &str, signing_input: &str) -> UsedMark {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(issuer.as_bytes());
    context.update(&[0]);
    context.update(signing_input.as_bytes());
    let mut mark = [0; 8];
    mark.copy_from_slice(&context.finish().as_ref()[..8]);
    UsedMark(mark)
}
