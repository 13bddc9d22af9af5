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

/// The `typ` of a proof.
const PROOF_TYPE: &str = "dpop+jwt";

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

/// Opens a proof: its key, and its claims with a right signature.
///
/// # Errors
/// `Malformed`, `Type`, `Algorithm`, `Critical`, `Key`, `PrivateKey` or `Signature`.
pub(super) fn open(text: &str) -> Result<(ProofKey, ProofClaims), ProofError> {
    let (signing_input, signature) = text.rsplit_once('.').ok_or(ProofError::Malformed)?;
    let (header, payload) = signing_input.split_once('.').ok_or(ProofError::Malformed)?;
    let key = key_of(parse(header)?)?;
    let claims = parse(payload)?;
    let signature = decode(signature)?;
    if key.verifies(signing_input.as_bytes(), &signature) {
        Ok((key, claims))
    } else {
        Err(ProofError::Signature)
    }
}

fn key_of(header: Header) -> Result<ProofKey, ProofError> {
    if header.typ.as_deref() != Some(PROOF_TYPE) {
        return Err(ProofError::Type);
    }
    // The key could verify no other algorithm, but a header that names one is a confusion or an attack.
    if header.alg.as_deref() != Some(Algorithm::Es256.name()) {
        return Err(ProofError::Algorithm);
    }
    if header.crit.is_some() {
        return Err(ProofError::Critical);
    }
    ProofKey::from_jwk(&header.jwk)
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
