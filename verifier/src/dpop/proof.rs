//! Is this proof right for this request? The checks of RFC 9449 section 4.3.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderValue;

use super::error::ProofError;
use super::expected::Expected;
use super::jws::{ProofClaims, UnverifiedProof};
use super::key::ProofKey;
use super::thumbprint::Thumbprint;
use crate::crypto::sha256;
use crate::time::epoch_seconds;

/// The `typ` of a proof.
const PROOF_TYPE: &str = "dpop+jwt";

/// How far `iat` may be from the time of the request, in seconds, in both directions. A proof that was copied from a
/// log is useless after that time.
const TIME_WINDOW_SECONDS: f64 = 60.0;

/// The longest `jti` in characters.
const JTI_MAX_CHARACTERS: usize = 64;

/// A proof that fits its request.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The thumbprint of the key.
    pub thumbprint: Thumbprint,
    /// The key.
    pub public_key: ProofKey,
    /// The id of the proof. It is unique for one key only.
    pub jti: String,
    /// When the proof was made, in seconds since 1970.
    pub issued_at: i64,
    /// The hash of the access token that the proof was checked against.
    access_token: Option<String>,
}

impl Proof {
    /// Whether the proof was checked against this access token ([`Expected::access_token`]).
    pub fn is_for(&self, access_token: &str) -> bool {
        self.access_token.as_deref() == Some(&access_token_hash(access_token))
    }
}

/// Verifies the proof in the values of the header `DPoP`.
///
/// The checks of time and nonce come last, so that [`ProofError::is_only_time_or_nonce`] is true only for a proof that is
/// right otherwise. Whether the proof has been used before is not checked: see [`SeenProofs`](super::SeenProofs).
///
/// # Errors
/// See [`ProofError`].
///
/// *Units and defaults*: ES256 only, at most 4096 bytes, `iat` within 60 seconds of `now`, `jti` of 1 to 64 characters.
///
/// *Source*: RFC 9449 section 4.3.
pub fn verify<'v>(
    values: impl IntoIterator<Item = &'v HeaderValue>,
    expected: &Expected<'_>,
) -> Result<Proof, ProofError> {
    let proof: UnverifiedProof<'_, ProofClaims> = UnverifiedProof::parse(only_value(values)?, PROOF_TYPE)?;
    let (public_key, claims) = (proof.own_key()?, proof.claims);
    if !(1..=JTI_MAX_CHARACTERS).contains(&claims.jti.chars().count()) {
        return Err(ProofError::Jti);
    }
    if claims.htm != expected.method {
        return Err(ProofError::Method);
    }
    if !expected.base_urls.have(&claims.htu, expected.path) {
        return Err(ProofError::Url);
    }
    let access_token = expected.access_token.map(access_token_hash);
    if access_token.is_some() && access_token != claims.ath {
        return Err(ProofError::AccessToken);
    }
    let thumbprint = public_key.thumbprint();
    if !expected.key.allows(&thumbprint) {
        return Err(ProofError::WrongKey);
    }
    if !is_recent(claims.iat, expected.now) {
        return Err(ProofError::Time);
    }
    if !expected.nonce.allows(claims.nonce.as_deref()) {
        return Err(ProofError::Nonce);
    }
    Ok(Proof { thumbprint, public_key, jti: claims.jti, issued_at: claims.iat as i64, access_token })
}

/// The hash of an access token as a proof has it in `ath`.
///
/// *Source*: RFC 9449 section 4.2.
pub fn access_token_hash(access_token: &str) -> String {
    BASE64URL.encode(sha256(access_token.as_bytes()))
}

fn only_value<'v>(values: impl IntoIterator<Item = &'v HeaderValue>) -> Result<&'v str, ProofError> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(ProofError::Missing)?;
    // API Gateway joins two headers with a comma, which no proof contains.
    if values.next().is_some() || value.as_bytes().contains(&b',') {
        return Err(ProofError::Several);
    }
    value.to_str().map_err(|_| ProofError::Malformed)
}

fn is_recent(issued_at: f64, now: SystemTime) -> bool {
    (issued_at - epoch_seconds(now) as f64).abs() <= TIME_WINDOW_SECONDS
}
