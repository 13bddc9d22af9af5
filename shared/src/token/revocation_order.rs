//! The credential of a global token revocation: a short-lived JWT with which a trusted issuer authenticates one order.
//! *Source*: draft-parecki-oauth-global-token-revocation, and Okta's profile of it.
//!
//! The order's body is not signed. So one credential serves one subject: the store keeps both together until the credential expires.

use std::time::Duration;

use aws_lc_rs::digest;
use latchkey_verifier::{VerifyingKey, verify_signature};
use serde::Deserialize;

use super::issuer::{OrderSource, TrustedIssuer};
use super::provider_claims::{Audience, begins_at, claimed_iss, ends_at, may_begin_at};
use crate::domain::session::CLOCK_SKEW_MAX;
use crate::domain::time::Timestamp;

/// The type of the credential.
const TYPE: &str = "global-token-revocation+jwt";

/// The longest life of a credential. Its row is kept until then.
const MAX_LIFE: Duration = Duration::from_secs(3_600);

/// A verified credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationCredential {
    /// The hash of its issuer and its `jti`.
    pub id: [u8; 16],
    /// The time of the order.
    pub issued_at: Timestamp,
    /// The moment at which it expires.
    pub expires_at: Timestamp,
}

/// Why a credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationCredentialError {
    /// The text is no JWT, or its issuer may not end sessions in this way.
    #[error("iss may not end sessions in this way: its entry in the settings has no logout for it")]
    Issuer,
    /// The signature or `typ` is wrong.
    #[error("the signature or typ is wrong: expected {TYPE}")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("iss, aud, iat, exp or jti is missing, or a claim has the wrong type")]
    Claims,
    /// `aud` does not contain the configured audience.
    #[error("aud does not contain the configured audience")]
    Audience,
    /// The credential has expired, is not valid yet, or lives for too long.
    #[error("it has expired, is not valid yet, or exp is more than an hour after iat")]
    Time,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(deserialize_with = "begins_at")]
    iat: i64,
    #[serde(deserialize_with = "ends_at")]
    exp: i64,
    #[serde(default, deserialize_with = "may_begin_at")]
    nbf: Option<i64>,
    jti: String,
}

/// Finds the issuer that the text names in `iss`, with the source of its credentials. The signature is not verified yet.
///
/// # Errors
/// [`RevocationCredentialError::Issuer`].
pub fn claimed_source<'i>(
    text: &str,
    issuers: &'i [TrustedIssuer],
) -> Result<(&'i TrustedIssuer, &'i OrderSource), RevocationCredentialError> {
    let iss = claimed_iss(text).ok_or(RevocationCredentialError::Issuer)?;
    let source =
        |issuer: &'i TrustedIssuer| Some((issuer, issuer.logout.as_ref()?.global_revocation.as_ref()?));
    let mut sources = issuers.iter().filter_map(source);
    sources.find(|(_, source)| source.issuer == iss).ok_or(RevocationCredentialError::Issuer)
}

/// Verifies a credential of `source`.
///
/// # Errors
/// See [`RevocationCredentialError`].
pub fn verify(
    text: &str,
    source: &OrderSource,
    keys: &[VerifyingKey],
    now: Timestamp,
) -> Result<RevocationCredential, RevocationCredentialError> {
    let signed = verify_signature(text, keys).map_err(|_| RevocationCredentialError::Signature)?;
    let typ = signed.typ.as_deref().unwrap_or_default();
    let typ = typ.strip_prefix("application/").unwrap_or(typ);
    if !typ.eq_ignore_ascii_case(TYPE) {
        return Err(RevocationCredentialError::Signature);
    }
    let claims: Claims =
        serde_json::from_slice(&signed.payload).map_err(|_| RevocationCredentialError::Claims)?;
    if claims.iss != source.issuer {
        return Err(RevocationCredentialError::Issuer);
    }
    if !claims.aud.names(&source.audience) {
        return Err(RevocationCredentialError::Audience);
    }
    if claims.jti.is_empty() {
        return Err(RevocationCredentialError::Claims);
    }
    let (issued_at, expires_at) = (Timestamp::from_seconds(claims.iat), Timestamp::from_seconds(claims.exp));
    let latest = now + CLOCK_SKEW_MAX;
    let begins_at = issued_at.max(Timestamp::from_seconds(claims.nbf.unwrap_or(claims.iat)));
    if expires_at <= now || begins_at > latest || expires_at > issued_at + MAX_LIFE {
        return Err(RevocationCredentialError::Time);
    }
    Ok(RevocationCredential { id: id_of(&claims), issued_at, expires_at })
}

fn id_of(claims: &Claims) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(claims.iss.as_bytes());
    context.update(&[0]);
    context.update(claims.jti.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&context.finish().as_ref()[..16]);
    id
}
