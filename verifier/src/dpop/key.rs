//! Which key made this proof? The public P-256 key in a proof's header.

use serde::Deserialize as _;
use serde_json::Value;

use super::error::ProofError;
use super::thumbprint::Thumbprint;
use crate::crypto::{PublicKey, sha256};
use crate::jwk::{Algorithm, Jwk};

/// The private members of RFC 7518 section 6. A header with one of them has given its key away.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The public key of a proof: a point on P-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofKey {
    /// The byte 4, then x and y.
    point: [u8; 65],
}

impl ProofKey {
    /// Reads the member `jwk` of a proof's header. Whether the point lies on the curve is checked with the signature.
    ///
    /// # Errors
    /// `Key`: it is no P-256 key for signatures. `PrivateKey`: it has a private member.
    pub fn from_jwk(jwk: &Value) -> Result<Self, ProofError> {
        let members = jwk.as_object().ok_or(ProofError::Key)?;
        if PRIVATE_MEMBERS.iter().any(|member| members.contains_key(*member)) {
            return Err(ProofError::PrivateKey);
        }
        let jwk = Jwk::deserialize(jwk).map_err(|_| ProofError::Key)?;
        match jwk.algorithm() {
            Ok(Algorithm::Es256) => {
                let point = jwk.p256_point().map_err(|_| ProofError::Key)?;
                Ok(Self { point })
            }
            _ => Err(ProofError::Key),
        }
    }

    /// The thumbprint of the key.
    ///
    /// *Source*: RFC 7638.
    pub fn thumbprint(&self) -> Thumbprint {
        let (x, y) = (coordinate(&self.point[1..33]), coordinate(&self.point[33..]));
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Thumbprint::from_bytes(sha256(members.as_bytes()))
    }

    /// The uncompressed point of SEC 1: the byte 4, then x and y.
    pub const fn point(&self) -> &[u8; 65] {
        &self.point
    }

    /// Whether this is the key's signature of `message`: ECDSA with SHA-256, r and s in 32 bytes each. `false` for a
    /// point that is not on the curve.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        PublicKey::P256(self.point).verifies(message, signature)
    }
}

fn coordinate(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
