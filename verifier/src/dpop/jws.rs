//! Is this a signed proof? A compact JWS with its own public key in the header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::error::ProofError;
use super::key::ProofKey;
use crate::jwk::Algorithm;

/// The longest proof in bytes. It bounds the work that a request can cause.
pub const PROOF_MAX_BYTES: usize = 4_096;

/// A proof of possession as a compact JWS of one `typ`, with the claims `C`. Its signature has not been verified, because its key
/// may be in its own header or elsewhere.
#[derive(Clone, Debug)]
pub struct UnverifiedProof<'t, C> {
    signing_input: &'t str,
    signature: Vec<u8>,
    jwk: Value,
    /// The claims. They prove nothing before the signature is verified.
    pub claims: C,
}

#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: Option<String>,
    #[serde(default)]
    jwk: Value,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
}

/// The claims of a proof. Times are in seconds since 1970; RFC 7519 permits fractions.
#[derive(Deserialize)]
pub(super) struct ProofClaims {
    pub(super) jti: String,
    pub(super) htm: String,
    pub(super) htu: String,
    pub(super) iat: f64,
    #[serde(default, deserialize_with = "present")]
    pub(super) nonce: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) ath: Option<String>,
}

impl<'t, C: DeserializeOwned> UnverifiedProof<'t, C> {
    /// Parses a proof of this `typ`. Only ES256 is accepted.
    ///
    /// # Errors
    /// `TooLong`, `Malformed`, `Type`, `Algorithm` or `Critical`.
    pub fn parse(text: &'t str, typ: &str) -> Result<Self, ProofError> {
        if text.len() > PROOF_MAX_BYTES {
            return Err(ProofError::TooLong);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(ProofError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(ProofError::Malformed)?;
        let jwk = jwk_of(parse(header)?, typ)?;
        Ok(Self { signing_input, signature: decode(signature)?, jwk, claims: parse(payload)? })
    }

    /// The text that is signed.
    pub fn signing_input(&self) -> &'t str {
        self.signing_input
    }

    /// The signature: r and s in 32 bytes each.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The key in the proof's own header, if the signature is by that key.
    ///
    /// # Errors
    /// `Key`, `PrivateKey` or `Signature`.
    pub fn own_key(&self) -> Result<ProofKey, ProofError> {
        let key = ProofKey::from_jwk(&self.jwk)?;
        if key.verifies(self.signing_input.as_bytes(), &self.signature) {
            Ok(key)
        } else {
            Err(ProofError::Signature)
        }
    }
}

/// Checks the header, and returns the key in it, which may be missing.
fn jwk_of(header: Header, typ: &str) -> Result<Value, ProofError> {
    if header.typ.as_deref() != Some(typ) {
        return Err(ProofError::Type);
    }
    // The key could verify no other algorithm, but a header that names one is a confusion or an attack.
    if header.alg.as_deref() != Some(Algorithm::Es256.name()) {
        return Err(ProofError::Algorithm);
    }
    if header.crit.is_some() {
        return Err(ProofError::Critical);
    }
    Ok(header.jwk)
}

/// A member that is there. `null` is a value, not an absent member, so that an extension of `null` is refused as well.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn parse<T: DeserializeOwned>(part: &str) -> Result<T, ProofError> {
    let bytes = decode(part)?;
    // serde_json skips members that it does not read, so that bytes other than UTF-8 would go unnoticed there.
    let text = str::from_utf8(&bytes).map_err(|_| ProofError::Malformed)?;
    serde_json::from_str(text).map_err(|_| ProofError::Malformed)
}

fn decode(part: &str) -> Result<Vec<u8>, ProofError> {
    BASE64URL.decode(part).map_err(|_| ProofError::Malformed)
}
