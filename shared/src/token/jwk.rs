//! What key is this? A JSON Web Key (RFC 7517), public or private, from its JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde_json::{Value, json};

/// A signature algorithm we make or take. Everything else is outside the allow list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2,048 bits and more.
    Rs256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The name in a JOSE header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Why a JWK cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A member is missing, of the wrong type or not base64url.
    #[error("member {0} is missing or malformed")]
    Member(&'static str),
    /// A key type, curve or `alg` outside the allow list.
    #[error("only EC P-256 (ES256), RSA (RS256) and OKP Ed25519 (EdDSA) keys sign")]
    Unsupported,
    /// `use` or `key_ops` says it is for something else.
    #[error("the key is not for signatures (use, key_ops)")]
    NotForSignatures,
    /// RSA under 2,048 bits or a public exponent under 3.
    #[error("RSA keys need 2048 bits or more and an exponent of 3 or more")]
    WeakRsa,
    /// The numbers do not make a key.
    #[error("the members do not make a key")]
    Inconsistent,
}

/// The members of a JWK that we read; every other one is ignored.
#[derive(Clone, Deserialize)]
pub struct Jwk {
    /// Key type: EC, RSA, OKP or oct.
    pub kty: String,
    /// Key id.
    pub kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    pub(super) d: Option<String>,
    pub(super) p: Option<String>,
    pub(super) q: Option<String>,
    pub(super) dp: Option<String>,
    pub(super) dq: Option<String>,
    pub(super) qi: Option<String>,
    pub(super) k: Option<String>,
}

impl Jwk {
    /// The algorithm this key signs with; the key decides it, never a token's header (RFC 8725, 3.1).
    ///
    /// # Errors
    /// The key is of a kind, or for a purpose, that signs nothing here.
    pub fn algorithm(&self) -> Result<Algorithm, JwkError> {
        let algorithm = match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("RSA", None) => Algorithm::Rs256,
            _ => return Err(JwkError::Unsupported),
        };
        if self.alg.as_deref().is_some_and(|alg| alg != algorithm.name()) {
            return Err(JwkError::Unsupported);
        }
        if !self.may("sig", &["verify", "sign"]) {
            return Err(JwkError::NotForSignatures);
        }
        Ok(algorithm)
    }

    /// Whether `use` and `key_ops` allow this purpose (both may be absent).
    pub(super) fn may(&self, usage: &str, operations: &[&str]) -> bool {
        let use_fits = self.usage.as_deref().is_none_or(|value| value == usage);
        let fits = |list: &Vec<String>| list.iter().any(|entry| operations.contains(&entry.as_str()));
        use_fits && self.key_ops.as_ref().is_none_or(fits)
    }

    /// The public members, from an allow list: nothing private can slip into a published set.
    ///
    /// # Errors
    /// The key cannot sign, or a member is malformed.
    pub fn public(&self, kid: &str) -> Result<Value, JwkError> {
        let algorithm = self.algorithm()?;
        let text = |name, member: &Option<String>| member.clone().ok_or(JwkError::Member(name));
        let mut public = match algorithm {
            Algorithm::Es256 => {
                json!({"kty": "EC", "crv": "P-256", "x": text("x", &self.x)?, "y": text("y", &self.y)?})
            }
            Algorithm::EdDsa => json!({"kty": "OKP", "crv": "Ed25519", "x": text("x", &self.x)?}),
            Algorithm::Rs256 => json!({"kty": "RSA", "n": text("n", &self.n)?, "e": text("e", &self.e)?}),
        };
        public["kid"] = json!(kid);
        public["alg"] = json!(algorithm.name());
        public["use"] = json!("sig");
        Ok(public)
    }

    /// The verifying key, with the sizes checked that the library leaves to us.
    ///
    /// # Errors
    /// The key cannot sign, is weak, or a member is malformed.
    pub fn verifying_key(&self) -> Result<jsonwebtoken::DecodingKey, JwkError> {
        let algorithm = self.algorithm()?;
        let key = match algorithm {
            Algorithm::Es256 => {
                let (x, y) = (self.bytes("x", &self.x)?, self.bytes("y", &self.y)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(JwkError::Inconsistent);
                }
                let point = [&[4][..], &x, &y].concat();
                // The library checks the point at the first signature; a bad one should fail at start.
                aws_lc_rs::signature::ParsedPublicKey::new(
                    &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED,
                    &point,
                )
                .map_err(|_| JwkError::Inconsistent)?;
                jsonwebtoken::DecodingKey::from_ec_der(&point)
            }
            Algorithm::EdDsa => {
                let x = self.bytes("x", &self.x)?;
                if x.len() != 32 {
                    return Err(JwkError::Inconsistent);
                }
                jsonwebtoken::DecodingKey::from_ed_der(&x)
            }
            Algorithm::Rs256 => {
                let (n, e) = (self.bytes("n", &self.n)?, self.bytes("e", &self.e)?);
                check_rsa(&n, &e)?;
                jsonwebtoken::DecodingKey::from_rsa_raw_components(&n, &e)
            }
        };
        Ok(key)
    }

    /// The decoded bytes of one member.
    pub(super) fn bytes(&self, name: &'static str, member: &Option<String>) -> Result<Vec<u8>, JwkError> {
        let text = member.as_deref().ok_or(JwkError::Member(name))?;
        BASE64URL.decode(text).map_err(|_| JwkError::Member(name))
    }

    pub(super) fn x_bytes(&self) -> Result<Vec<u8>, JwkError> {
        self.bytes("x", &self.x)
    }

    pub(super) fn y_bytes(&self) -> Result<Vec<u8>, JwkError> {
        self.bytes("y", &self.y)
    }

    pub(super) fn n_bytes(&self) -> Result<Vec<u8>, JwkError> {
        self.bytes("n", &self.n)
    }

    pub(super) fn e_bytes(&self) -> Result<Vec<u8>, JwkError> {
        self.bytes("e", &self.e)
    }
}

/// A short modulus can be factored, and under the exponent 1 a signature is the message itself.
fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), JwkError> {
    let significant = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let (n, e) = (significant(n), significant(e));
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    let exponent_ok = e != [1] && e.len() <= 8 && e.last().is_some_and(|last| last % 2 == 1);
    ((2_048..=8_192).contains(&bits) && exponent_ok).then_some(()).ok_or(JwkError::WeakRsa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_rsa_key_verifies_nothing() {
        let refused = |n: &[u8], e: &[u8]| {
            let key = json!({"kty": "RSA", "n": BASE64URL.encode(n), "e": BASE64URL.encode(e)});
            let key: Jwk = serde_json::from_value(key).unwrap();
            matches!(key.verifying_key(), Err(JwkError::WeakRsa))
        };
        let good = [0xc5; 256];
        let padded = [&[0][..], &good].concat();
        for (n, e) in [(&good[..], &[1, 0, 1][..]), (&padded, &[0, 1, 0, 1]), (&good, &[3])] {
            assert!(!refused(n, e), "{} bytes, {e:?}", n.len());
        }
        let (shorter, longer, zeros) = ([0xc5; 255], [0xc5; 1_025], [0; 256]);
        let less = [&[0x7f][..], &shorter].concat();
        for n in [&shorter[..], &less, &[&[0; 200][..], &shorter].concat(), &longer, &zeros, &[]] {
            assert!(refused(n, &[1, 0, 1]), "{} bytes", n.len());
        }
        for e in [&[][..], &[0], &[1], &[0, 1], &[0, 0, 0, 1], &[2], &[1, 0, 0], &[1; 9]] {
            assert!(refused(&good, e), "{e:?}");
        }
    }
}
