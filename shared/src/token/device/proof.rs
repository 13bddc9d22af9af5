//! Did a device key sign this challenge? The JWS in `Secure-Session-Response`.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use latchkey_verifier::dpop::{ProofError, UnverifiedProof};
use serde::Deserialize;

use crate::domain::session::device_key::DevicePoint;

const PROOF_TYPE: &str = "dbsc+jwt";

/// Why a proof of a device key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceProofError {
    /// It is too long, or no compact JWS with the members of Device Bound Session Credentials.
    #[error("Secure-Session-Response: expected a compact JWS of type dbsc+jwt with the claim jti")]
    Malformed,
    /// Its algorithm is not ES256, the only one that we offer.
    #[error("Secure-Session-Response: alg must be ES256")]
    Algorithm,
    /// Its header has no public P-256 key.
    #[error("Secure-Session-Response: jwk must be a public EC key on P-256")]
    Key,
    /// The signature is wrong.
    #[error("Secure-Session-Response: the signature is wrong")]
    Signature,
}

/// A proof whose signature has not been verified yet, because its key is in the session's row.
#[derive(Clone, Debug)]
pub struct DeviceProof<'t>(UnverifiedProof<'t, Claims>);

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    jti: String,
}

impl<'t> DeviceProof<'t> {
    /// Parses a proof.
    ///
    /// # Errors
    /// `Malformed` or `Algorithm`.
    pub fn parse(text: &'t str) -> Result<Self, DeviceProofError> {
        Ok(Self(UnverifiedProof::parse(text, PROOF_TYPE)?))
    }

    /// The challenge that it answers.
    pub fn challenge(&self) -> &str {
        &self.0.claims.jti
    }

    /// The key in the proof's own header, if the proof is by that key: the proof of a registration.
    ///
    /// # Errors
    /// `Key` or `Signature`.
    pub fn own_key(&self) -> Result<DevicePoint, DeviceProofError> {
        Ok(DevicePoint::compress(self.0.own_key()?.point()))
    }

    /// Whether the proof is by this key.
    pub fn is_by(&self, key: &DevicePoint) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.as_bytes());
        key.verify(self.0.signing_input().as_bytes(), self.0.signature()).is_ok()
    }
}

impl From<ProofError> for DeviceProofError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Algorithm => Self::Algorithm,
            ProofError::Key | ProofError::PrivateKey => Self::Key,
            ProofError::Signature => Self::Signature,
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
    use serde_json::{Value, json};

    use super::*;

    fn new_key() -> EcdsaKeyPair {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
    }

    fn jwk_of(key: &EcdsaKeyPair) -> Value {
        let point = key.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": BASE64URL.encode(&point[1..33]), "y": BASE64URL.encode(&point[33..])})
    }

    fn signed(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
        let text = [header, claims].map(|part| BASE64URL.encode(part.to_string())).join(".");
        let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64URL.encode(signature))
    }

    /// Both signs of y occur, so that the compressed form of each is verified.
    #[test]
    fn a_proof_is_verified_with_the_key_of_its_registration() {
        for _ in 0..16 {
            let (key, other) = (new_key(), new_key());
            let header = json!({"typ": "dbsc+jwt", "alg": "ES256", "jwk": jwk_of(&key)});
            let registration = signed(&key, &header, &json!({"jti": "c1"}));
            let registration = DeviceProof::parse(&registration).unwrap();
            let registered = registration.own_key().unwrap();
            assert_eq!(registration.challenge(), "c1");
            let bare = json!({"typ": "dbsc+jwt", "alg": "ES256"});
            let [own, foreign] = [&key, &other].map(|key| signed(key, &bare, &json!({"jti": "c2"})));
            assert!(DeviceProof::parse(&own).unwrap().is_by(&registered));
            assert!(!DeviceProof::parse(&foreign).unwrap().is_by(&registered));
            assert_eq!(DeviceProof::parse(&own).unwrap().own_key(), Err(DeviceProofError::Key));
        }
    }

    #[test]
    fn a_proof_with_the_key_of_another_is_refused() {
        let (key, other) = (new_key(), new_key());
        let header = json!({"typ": "dbsc+jwt", "alg": "ES256", "jwk": jwk_of(&key)});
        let proof = signed(&other, &header, &json!({"jti": "c"}));
        assert_eq!(DeviceProof::parse(&proof).unwrap().own_key(), Err(DeviceProofError::Signature));
        let mut with_private = jwk_of(&key);
        with_private["d"] = "AA".into();
        let header = json!({"typ": "dbsc+jwt", "alg": "ES256", "jwk": with_private});
        let proof = signed(&key, &header, &json!({"jti": "c"}));
        assert_eq!(DeviceProof::parse(&proof).unwrap().own_key(), Err(DeviceProofError::Key));
    }

    #[test]
    fn another_kind_of_token_is_no_proof() {
        let key = new_key();
        let error = |header: Value, claims: Value| DeviceProof::parse(&signed(&key, &header, &claims)).err();
        let claims = json!({"jti": "c"});
        assert_eq!(error(json!({"typ": "dbsc+jwt", "alg": "ES256"}), claims.clone()), None);
        let malformed = Some(DeviceProofError::Malformed);
        assert_eq!(error(json!({"typ": "dpop+jwt", "alg": "ES256"}), claims.clone()), malformed);
        assert_eq!(error(json!({"alg": "ES256"}), claims.clone()), malformed);
        assert_eq!(
            error(json!({"typ": "dbsc+jwt", "alg": "ES256", "crit": ["b64"]}), claims.clone()),
            malformed
        );
        // An extension of null is one, too.
        assert_eq!(
            error(json!({"typ": "dbsc+jwt", "alg": "ES256", "crit": null}), claims.clone()),
            malformed
        );
        assert_eq!(error(json!({"typ": "dbsc+jwt", "alg": "ES256"}), json!({})), malformed);
        for alg in ["none", "HS256", "RS256", "es256"] {
            let refused = error(json!({"typ": "dbsc+jwt", "alg": alg}), claims.clone());
            assert_eq!(refused, Some(DeviceProofError::Algorithm), "{alg}");
        }
        for text in ["", "a", "a.b", "a.b.c", "...", &"a".repeat(5_000)] {
            assert_eq!(DeviceProof::parse(text).err(), malformed, "{text}");
        }
    }
}
