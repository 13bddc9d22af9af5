//! Who signed in, and who says so? An assertion: a short-lived JWT of a trusted issuer.

use aws_lc_rs::digest;
use latchkey_verifier::{TOKEN_MAX_BYTES, VerifyingKey, verify_signature};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::issuer::TrustedIssuer;
use crate::domain::id::{IdError, UserId};
use crate::domain::scope::{SCOPE_MAX_BYTES, SERVICE, Scope};
use crate::domain::time::Timestamp;

/// How far ahead of our clock `iat` and `nbf` may be, in seconds; `exp` has no leeway.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// The longest life of a backend's assertion: it is not used up, so it must not lie around.
const SERVICE_MAX_LIFE: std::time::Duration = std::time::Duration::from_secs(300);

/// A sign-in that a trusted issuer vouches for.
#[derive(Clone)]
pub struct Assertion {
    /// The user, with the issuer's prefix.
    pub user: UserId,
    /// What the issuer grants and may grant.
    pub scope: Scope,
    /// When the user last proved who they are; 0 when the issuer does not say.
    pub auth_time: Timestamp,
    /// When the assertion was made.
    pub issued_at: Timestamp,
    /// The mark that shows it was used.
    pub used_mark: UsedMark,
    /// Header and payload as signed.
    pub signing_input: String,
}

/// Without what was signed: with its signature it opens a session.
impl std::fmt::Debug for Assertion {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Assertion").field("issued_at", &self.issued_at).finish_non_exhaustive()
    }
}

/// 8 bytes of SHA-256 over issuer and signing input. Without the signature, which can be changed
/// into another valid one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedMark(pub [u8; 8]);

/// Why an assertion opens no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Its issuer is not trusted, or it is no JWT.
    #[error("not from a trusted issuer")]
    Issuer,
    /// Its signature or type is wrong.
    #[error("the signature or type is wrong")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("a required claim is missing or malformed")]
    Claims,
    /// It is for another audience.
    #[error("it is for another audience")]
    Audience,
    /// It has expired, is older than the settings allow, or is not good yet.
    #[error("it is expired, too old or not yet valid")]
    Time,
    /// It is a backend's credential, which never opens a session.
    #[error("a backend's assertion opens no session")]
    Service,
    /// It is a backend's, and its issuer grants it another scope.
    #[error("it does not grant what the call needs")]
    Scope,
    /// The user id, with the issuer's prefix, is over the size a row can hold.
    #[error("its user id is longer than 128 bytes")]
    UserTooLong,
    /// Its scope is over the size a row can hold.
    #[error("its scope is longer than 160 bytes")]
    ScopeTooLong,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    auth_time: Option<i64>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The trusted issuer that a text claims to come from; nothing is verified yet.
///
/// # Errors
/// `Issuer` when there is none.
pub fn claimed_issuer<'i>(
    text: &str,
    issuers: &'i [TrustedIssuer],
) -> Result<&'i TrustedIssuer, AssertionError> {
    use base64::Engine as _;
    #[derive(Deserialize)]
    struct Iss {
        iss: String,
    }
    let payload = text.split('.').nth(1).filter(|_| text.len() <= TOKEN_MAX_BYTES);
    let decode = |part| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok();
    let iss: Iss = payload
        .and_then(decode)
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(AssertionError::Issuer)?;
    issuers.iter().find(|issuer| issuer.issuer == iss.iss).ok_or(AssertionError::Issuer)
}

/// Verifies an assertion of `issuer`: signature, type, audience, time, then whom it names.
///
/// # Errors
/// See [`AssertionError`]. *Units*: `max_age` is the greatest distance from `iat` to `now`.
pub fn verify(
    text: &str,
    issuer: &TrustedIssuer,
    keys: &[VerifyingKey],
    now: Timestamp,
    max_age: std::time::Duration,
) -> Result<Assertion, AssertionError> {
    let (claims, signing_input) = signed_claims(text, issuer, keys)?;
    check_time(&claims, now, max_age)?;
    let claimed = claims.claimed_words(issuer);
    if claimed.iter().any(|word| SERVICE.contains(word)) {
        return Err(AssertionError::Service);
    }
    let scope = Scope::of(claimed.into_iter().filter(|word| issuer.scopes.iter().any(|own| own == word)));
    if scope.as_str().len() > SCOPE_MAX_BYTES {
        return Err(AssertionError::ScopeTooLong);
    }
    let user = format!("{}{}", issuer.user_prefix, claims.sub);
    let claimed = claims.auth_time.or(issuer.iat_is_auth_time.then_some(claims.iat)).unwrap_or(0);
    let auth_time = claimed.min(claims.iat).min(now.seconds()).max(0);
    Ok(Assertion {
        user: user_id(&claims.sub, &user)?,
        scope,
        auth_time: Timestamp::from_seconds(auth_time),
        issued_at: Timestamp::from_seconds(claims.iat),
        used_mark: used_mark(&issuer.issuer, signing_input),
        signing_input: signing_input.to_owned(),
    })
}

/// Verifies the assertion of a backend that calls without a session: good until it expires, five minutes at
/// most.
///
/// # Errors
/// See [`AssertionError`]; `Scope` when everything holds and the issuer does not grant `scope`.
pub fn verify_service(
    text: &str,
    issuer: &TrustedIssuer,
    keys: &[VerifyingKey],
    scope: &str,
    now: Timestamp,
) -> Result<(), AssertionError> {
    let (claims, _) = signed_claims(text, issuer, keys)?;
    check_time(&claims, now, SERVICE_MAX_LIFE)?;
    let life = claims.exp.saturating_sub(claims.iat);
    if life > i64::try_from(SERVICE_MAX_LIFE.as_secs()).unwrap_or(i64::MAX) {
        return Err(AssertionError::Time);
    }
    let granted =
        claims.claimed_words(issuer).contains(&scope) && issuer.scopes.iter().any(|own| own == scope);
    granted.then_some(()).ok_or(AssertionError::Scope)
}

/// What an issuer signed, for us: signature and type, issuer, audience. Time is still to be checked.
fn signed_claims<'t>(
    text: &'t str,
    issuer: &TrustedIssuer,
    keys: &[VerifyingKey],
) -> Result<(Claims, &'t str), AssertionError> {
    let signed = verify_signature(text, keys).map_err(|_| AssertionError::Signature)?;
    // Explicit typing (RFC 8725, 3.11): our own tokens, logout tokens and the like name another type.
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
    Ok((claims, signed.signing_input))
}

/// A prefix alone is no user.
fn user_id(sub: &str, prefixed: &str) -> Result<UserId, AssertionError> {
    match prefixed.parse() {
        Ok(user) if !sub.is_empty() => Ok(user),
        Err(IdError::TooLong) => Err(AssertionError::UserTooLong),
        _ => Err(AssertionError::Claims),
    }
}

fn check_time(claims: &Claims, now: Timestamp, max_age: std::time::Duration) -> Result<(), AssertionError> {
    let now = now.seconds();
    let latest = now.saturating_add(CLOCK_SKEW_SECONDS);
    let oldest = now.saturating_sub(i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX));
    let good = now < claims.exp
        && (oldest..=latest).contains(&claims.iat)
        && claims.nbf.is_none_or(|nbf| nbf <= latest);
    good.then_some(()).ok_or(AssertionError::Time)
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

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|entry| entry == audience),
        }
    }
}

impl Claims {
    /// The scope words that the issuer claims, whether it may grant them or not.
    fn claimed_words(&self, issuer: &TrustedIssuer) -> Vec<&str> {
        match self.other.get(&issuer.scope_claim) {
            Some(Value::String(text)) => text.split(' ').collect(),
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        }
    }
}
