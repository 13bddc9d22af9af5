//! Which key is this? The public half of a JSON Web Key (RFC 7517), from its JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;

use crate::crypto::{PublicKey, is_on_p256};

/// A signature algorithm on the allow list. Tokens with any other algorithm are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a modulus of 2,048 to 8,192 bits.
    Rs256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm's name in a JOSE header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Why a JWK cannot verify signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// A member is missing, has another type or is not base64url.
    #[error("member {0} is missing or malformed")]
    Member(&'static str),
    /// The key type, the curve or `alg` is not on the allow list.
    #[error("only EC P-256 (ES256), RSA (RS256) and OKP Ed25519 (EdDSA) keys are supported")]
    Unsupported,
    /// `use` or `key_ops` reserves the key for another purpose, such as encryption.
    #[error("the key is not for signatures (use, key_ops)")]
    NotForSignatures,
    /// The RSA key has fewer than 2,048 bits or a public exponent below 3.
    #[error("RSA keys need 2048 bits or more and an exponent of 3 or more")]
    WeakRsa,
    /// The members do not make a key, for example because the point is not on the curve.
    #[error("the members do not make a key")]
    Inconsistent,
}

/// The public members of a JWK that this crate reads. Every other member is ignored, private ones included.
#[derive(Clone, Debug, Deserialize)]
pub struct Jwk {
    /// Key type: EC, RSA, OKP or oct.
    pub kty: String,
    /// Key id.
    pub kid: Option<String>,
    /// The algorithm that the key is for.
    pub alg: Option<String>,
    /// The key's purpose: `sig` or `enc`.
    #[serde(rename = "use")]
    pub usage: Option<String>,
    /// The operations that the key is for.
    pub key_ops: Option<Vec<String>>,
    /// The curve of an EC or OKP key.
    pub crv: Option<String>,
    /// The x coordinate of an EC key, the whole of an OKP key.
    pub x: Option<String>,
    /// The y coordinate of an EC key.
    pub y: Option<String>,
    /// The modulus of an RSA key.
    pub n: Option<String>,
    /// The public exponent of an RSA key.
    pub e: Option<String>,
}

impl Jwk {
    /// The algorithm that this key signs with. The key decides it, never a token's header, because otherwise an
    /// attacker could choose a weaker algorithm.
    ///
    /// # Errors
    /// The key is of an unsupported kind or not for signatures.
    ///
    /// *Source*: RFC 8725 section 3.1.
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
        if self.is_for_signatures() { Ok(algorithm) } else { Err(JwkError::NotForSignatures) }
    }

    /// Whether `use` and `key_ops`, which may both be absent, allow signatures.
    fn is_for_signatures(&self) -> bool {
        let allowed = |operation: &String| matches!(operation.as_str(), "sign" | "verify");
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(allowed))
    }

    /// The uncompressed point of an EC P-256 key: the byte 4, then x and y. It may lie off the curve.
    pub(crate) fn p256_point(&self) -> Result<[u8; 65], JwkError> {
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&decode::<32>("x", self.x.as_deref())?);
        point[33..].copy_from_slice(&decode::<32>("y", self.y.as_deref())?);
        Ok(point)
    }

    /// The public key, with the sizes checked that the cryptographic library leaves to its caller.
    pub(crate) fn public_key(&self) -> Result<PublicKey, JwkError> {
        match self.algorithm()? {
            Algorithm::Es256 => {
                let point = self.p256_point()?;
                if is_on_p256(&point) { Ok(PublicKey::P256(point)) } else { Err(JwkError::Inconsistent) }
            }
            Algorithm::EdDsa => Ok(PublicKey::Ed25519(decode("x", self.x.as_deref())?)),
            Algorithm::Rs256 => {
                let n = decode_bytes("n", self.n.as_deref())?;
                let e = decode_bytes("e", self.e.as_deref())?;
                rsa(without_leading_zeros(&n), without_leading_zeros(&e))
            }
        }
    }
}

/// The bytes of one member.
///
/// # Errors
/// `Member`: it is absent or not base64url without padding.
pub fn decode_bytes(name: &'static str, member: Option<&str>) -> Result<Vec<u8>, JwkError> {
    BASE64URL.decode(member.ok_or(JwkError::Member(name))?).map_err(|_| JwkError::Member(name))
}

fn decode<const N: usize>(name: &'static str, member: Option<&str>) -> Result<[u8; N], JwkError> {
    decode_bytes(name, member)?.try_into().map_err(|_| JwkError::Inconsistent)
}

/// Checks the sizes, because a short modulus can be factored and under the exponent 1 a signature is the message
/// itself.
fn rsa(n: &[u8], e: &[u8]) -> Result<PublicKey, JwkError> {
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    let is_good_exponent = e != [1] && e.len() <= 8 && e.last().is_some_and(|last| last % 2 == 1);
    if !(2_048..=8_192).contains(&bits) || !is_good_exponent {
        return Err(JwkError::WeakRsa);
    }
    Ok(PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() })
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error_of(jwk: serde_json::Value) -> Option<JwkError> {
        serde_json::from_value::<Jwk>(jwk).unwrap().public_key().err()
    }

    #[test]
    fn a_weak_rsa_key_verifies_nothing() {
        let is_weak = |n: &[u8], e: &[u8]| {
            let jwk = json!({"kty": "RSA", "n": BASE64URL.encode(n), "e": BASE64URL.encode(e)});
            error_of(jwk) == Some(JwkError::WeakRsa)
        };
        let good = [0xc5; 256];
        let padded = [&[0][..], &good].concat();
        for (n, e) in [(&good[..], &[1, 0, 1][..]), (&padded, &[0, 1, 0, 1]), (&good, &[3])] {
            assert!(!is_weak(n, e), "{} bytes, {e:?}", n.len());
        }
        let (shorter, longer, zeros) = ([0xc5; 255], [0xc5; 1_025], [0; 256]);
        let less = [&[0x7f][..], &shorter].concat();
        for n in [&shorter[..], &less, &[&[0; 200][..], &shorter].concat(), &longer, &zeros, &[]] {
            assert!(is_weak(n, &[1, 0, 1]), "{} bytes", n.len());
        }
        for e in [&[][..], &[0], &[1], &[0, 1], &[0, 0, 0, 1], &[2], &[1, 0, 0], &[1; 9]] {
            assert!(is_weak(&good, e), "{e:?}");
        }
    }

    #[test]
    fn a_point_off_the_curve_is_refused_before_the_first_signature() {
        // The base point of P-256.
        let x = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
        let y = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
        let ec = |x: &str, y: &str| json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        assert_eq!(error_of(ec(x, y)), None);
        assert_eq!(error_of(ec(x, x)), Some(JwkError::Inconsistent));
        assert_eq!(error_of(ec(x, &y[..40])), Some(JwkError::Inconsistent));
        assert_eq!(error_of(ec(x, "T+NC")), Some(JwkError::Member("y")));
    }

    #[test]
    fn a_key_for_another_purpose_verifies_nothing() {
        let key = |member: &str, value: serde_json::Value| {
            let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64URL.encode([7; 32])});
            jwk[member] = value;
            jwk
        };
        assert_eq!(error_of(key("use", json!("sig"))), None);
        assert_eq!(error_of(key("key_ops", json!(["verify"]))), None);
        assert_eq!(error_of(key("use", json!("enc"))), Some(JwkError::NotForSignatures));
        assert_eq!(error_of(key("key_ops", json!(["deriveBits"]))), Some(JwkError::NotForSignatures));
        assert_eq!(error_of(key("alg", json!("ES256"))), Some(JwkError::Unsupported));
        assert_eq!(error_of(key("crv", json!("X25519"))), Some(JwkError::Unsupported));
        assert_eq!(error_of(key("kty", json!("oct"))), Some(JwkError::Unsupported));
    }
}
