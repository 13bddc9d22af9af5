//! Did one of these keys sign this token? Compact JWS (RFC 7515) with keys from JWKs.
//!
//! The key decides the algorithm; the header must name the same one. Nothing in the header can bring in another key:
//! `jwk`, `jku`, `x5u` and `x5c` are ignored, and `crit` is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::crypto::PublicKey;
use crate::jwk::{Algorithm, Jwk, JwkError};

/// The longest token that is parsed, in bytes. It is twice the size of a cookie, and it bounds the work that an
/// attacker can cause with one request.
pub const TOKEN_MAX_BYTES: usize = 8_192;

/// A key that verifies signatures of one algorithm.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<String>,
    algorithm: Algorithm,
    key: PublicKey,
}

/// The signed parts of a token whose signature is right.
#[derive(Debug)]
pub struct Signed<'t> {
    /// The header's `typ`.
    pub typ: Option<String>,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// Header and payload as signed: the token without its signature.
    pub signing_input: &'t str,
}

/// Why a token's signature is refused. Callers answer all of them alike; the difference is for tests and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// The token is too long or does not have three base64url parts and a JSON header.
    #[error("not a compact JWS")]
    Malformed,
    /// The header requires an extension (`crit`).
    #[error("a critical header extension")]
    Critical,
    /// No key, or more than one, has the header's `kid` and `alg`.
    #[error("no single key fits kid and alg")]
    NoKey,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
}

impl VerifyingKey {
    /// Takes the public half of a JWK.
    ///
    /// # Errors
    /// The key is weak, malformed or not for signatures.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JwkError> {
        Ok(Self { kid: jwk.kid.clone(), algorithm: jwk.algorithm()?, key: jwk.public_key()? })
    }

    /// The key's id.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm of the signatures that this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kid, algorithm, key: _ } = self;
        out.debug_struct("VerifyingKey")
            .field("kid", kid)
            .field("algorithm", algorithm)
            .finish_non_exhaustive()
    }
}

/// Verifies the signature of `token` with the one key that its header names.
///
/// A header without `kid` fits if exactly one key has its `alg`. The payload is not parsed.
///
/// # Errors
/// See [`JwsError`].
///
/// *Source*: RFC 7515 section 5.2, RFC 8725.
pub fn verify_signature<'t>(token: &'t str, keys: &[VerifyingKey]) -> Result<Signed<'t>, JwsError> {
    if token.len() > TOKEN_MAX_BYTES { Err(JwsError::Malformed) } else { verify_of_any_size(token, keys) }
}

/// As [`verify_signature`], for a text whose size the caller has bounded.
pub(crate) fn verify_of_any_size<'t>(text: &'t str, keys: &[VerifyingKey]) -> Result<Signed<'t>, JwsError> {
    let (signing_input, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
    let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
    let header = parse_header(header)?;
    let key = fitting_key(&header, keys)?;
    let payload = BASE64URL.decode(payload).map_err(|_| JwsError::Malformed)?;
    let signature = BASE64URL.decode(signature).map_err(|_| JwsError::Signature)?;
    if !key.key.verifies(signing_input.as_bytes(), &signature) {
        return Err(JwsError::Signature);
    }
    Ok(Signed { typ: header.typ, payload, signing_input })
}

/// The `kid` that a token's header names. Nothing is verified yet: use it only to see whether a key set is outdated.
pub fn unverified_kid(token: &str) -> Option<String> {
    if token.len() > TOKEN_MAX_BYTES { None } else { kid_of_any_size(token) }
}

/// As [`unverified_kid`], for a text whose size the caller has bounded.
pub(crate) fn kid_of_any_size(text: &str) -> Option<String> {
    parse_header(text.split('.').next()?).ok()?.kid
}

fn parse_header(text: &str) -> Result<Header, JwsError> {
    let bytes = BASE64URL.decode(text).map_err(|_| JwsError::Malformed)?;
    let header: Header = serde_json::from_slice(&bytes).map_err(|_| JwsError::Malformed)?;
    if header.crit.is_some() { Err(JwsError::Critical) } else { Ok(header) }
}

fn fitting_key<'k>(header: &Header, keys: &'k [VerifyingKey]) -> Result<&'k VerifyingKey, JwsError> {
    let fits = |key: &&VerifyingKey| {
        let kid_fits = header.kid.is_none() || header.kid == key.kid;
        kid_fits && header.alg == key.algorithm.name()
    };
    let mut fitting = keys.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(JwsError::NoKey),
    }
}
