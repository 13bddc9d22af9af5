//! A JSON Web Key (RFC 7517) with its private members, as in `LATCHKEY_KEYS`.

use latchkey_verifier::{Algorithm, Jwk, JwkError};
use serde::Deserialize;
use serde_json::{Value, json};

/// A key pair, or the secret of an `oct` key.
#[derive(Clone, Deserialize)]
pub struct PrivateJwk {
    /// The public half.
    #[serde(flatten)]
    pub public: Jwk,
    pub(super) d: Option<String>,
    pub(super) p: Option<String>,
    pub(super) q: Option<String>,
    pub(super) dp: Option<String>,
    pub(super) dq: Option<String>,
    pub(super) qi: Option<String>,
    pub(super) k: Option<String>,
}

impl PrivateJwk {
    /// Whether the key has a private half or is a secret as a whole.
    pub fn is_secret(&self) -> bool {
        self.public.kty == "oct" || self.d.is_some()
    }
}

/// The members to publish. They come from an allow list, so that a private member cannot get into a published set.
///
/// # Errors
/// The key is not for signatures, or a member is missing.
pub fn published(jwk: &Jwk, kid: &str) -> Result<Value, JwkError> {
    let algorithm = jwk.algorithm()?;
    let text = |name, member: &Option<String>| member.clone().ok_or(JwkError::Member(name));
    let mut public = match algorithm {
        Algorithm::Es256 => {
            json!({"kty": "EC", "crv": "P-256", "x": text("x", &jwk.x)?, "y": text("y", &jwk.y)?})
        }
        Algorithm::EdDsa => json!({"kty": "OKP", "crv": "Ed25519", "x": text("x", &jwk.x)?}),
        Algorithm::Rs256 => json!({"kty": "RSA", "n": text("n", &jwk.n)?, "e": text("e", &jwk.e)?}),
    };
    public["kid"] = json!(kid);
    public["alg"] = json!(algorithm.name());
    public["use"] = json!("sig");
    Ok(public)
}
