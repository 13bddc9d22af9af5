//! Which keys does this set have? A public JSON Web Key Set (RFC 7517 section 5), as an issuer publishes it.

use serde::Deserialize;
use serde_json::Value;

use crate::jwk::Jwk;
use crate::jws::VerifyingKey;

/// The text is not a JSON Web Key Set, or none of its keys can verify signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a JSON Web Key Set with an EC P-256, RSA or Ed25519 key")]
pub struct NoKeys;

/// The keys of a JWKS that can verify signatures.
///
/// Entries that this crate cannot use are skipped, because issuers publish encryption keys and new kinds of keys
/// beside those for signatures.
///
/// # Errors
/// The text is not a JWKS, or no usable key is left.
pub fn parse_jwks(text: &[u8]) -> Result<Vec<VerifyingKey>, NoKeys> {
    let set: Value = serde_json::from_slice(text).map_err(|_| NoKeys)?;
    let entries = set["keys"].as_array().ok_or(NoKeys)?;
    let keys: Vec<VerifyingKey> = entries
        .iter()
        .filter_map(|entry| Jwk::deserialize(entry).ok())
        .filter_map(|jwk| VerifyingKey::from_jwk(&jwk).ok())
        .collect();
    if keys.is_empty() { Err(NoKeys) } else { Ok(keys) }
}
