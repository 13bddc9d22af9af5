//! Is this signature good? The one verifier of compact JWS (RFC 7515) for keys from JWKs.
//!
//! The key decides the algorithm; the header must name the same one. Nothing in the header chooses
//! a key from outside: `jwk`, `jku`, `x5u`, `x5c` are ignored, `crit` is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::jwk::{Algorithm, Jwk, JwkError};

/// The longest token that is looked at, in bytes; twice a cookie, far under what can hurt.
pub const TOKEN_MAX_BYTES: usize = 8_192;

/// A key that verifies, with the one algorithm it is for.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// A signature that held: what was signed, by which type of token.
#[derive(Debug)]
pub struct Signed<'t> {
    /// The header's `typ`.
    pub typ: Option<String>,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// Header and payload as signed: the token without its signature.
    pub signing_input: &'t str,
}

/// Why a signature is not taken. One answer for callers: the differences are for tests and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three base64url parts with a JSON header, or too long.
    #[error("not a compact JWS")]
    Malformed,
    /// The header asks for an extension (`crit`).
    #[error("a critical header extension")]
    Critical,
    /// No key, or more than one, fits the header's `kid` and `alg`.
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
    /// The key is weak, malformed, or not for signatures.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JwkError> {
        Ok(Self { kid: jwk.kid.clone(), algorithm: jwk.algorithm()?, key: jwk.verifying_key()? })
    }

    /// The key's id.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}

/// Verifies `token` against the one key that fits its header.
///
/// # Errors
/// See [`JwsError`]; nothing of the payload is looked at before the signature holds.
pub fn verify<'t>(token: &'t str, keys: &[VerifyingKey]) -> Result<Signed<'t>, JwsError> {
    if token.len() > TOKEN_MAX_BYTES {
        return Err(JwsError::Malformed);
    }
    let (signing_input, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
    let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
    let header = parse_header(header)?;
    let key = fitting_key(&header, keys)?;
    let algorithm = match key.algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    };
    let payload = BASE64URL.decode(payload).map_err(|_| JwsError::Malformed)?;
    match jsonwebtoken::crypto::verify(signature, signing_input.as_bytes(), &key.key, algorithm) {
        Ok(true) => Ok(Signed { typ: header.typ, payload, signing_input }),
        Ok(false) | Err(_) => Err(JwsError::Signature),
    }
}

/// The `kid` a token's header names, before anything is verified: only to see whether a key set is old.
pub fn unverified_kid(token: &str) -> Option<String> {
    let header = token.split('.').next().filter(|_| token.len() <= TOKEN_MAX_BYTES)?;
    parse_header(header).ok()?.kid
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
