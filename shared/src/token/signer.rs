//! The signer of access tokens and of the revocation feed: a private key that is parsed once.
//!
//! A signature takes about half of the CPU time of a refresh (docs/PERFORMANCE.md). Parsing the key for each signature would
//! add to that, so the signer keeps the key object of the cryptographic library.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey_verifier::{ACCESS_TOKEN_TYPE, Algorithm, JwkError, VerifyingKey, decode_bytes};
use serde_json::json;

use super::SecretToken;
use super::jwk::PrivateJwk;

/// The `typ` of the revocation feed, so that no verifier takes it for an access token.
pub const FEED_TYPE: &str = "revocations+jwt";

/// A private key and its JOSE headers.
pub struct Signer {
    key: PrivateKey,
    /// The header of every access token.
    access_header: String,
    /// The header of every revocation feed.
    feed_header: String,
}

enum PrivateKey {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(Box<RsaKeyPair>),
}

impl Signer {
    /// Makes a signer of a private JWK.
    ///
    /// # Errors
    /// A member is missing, or the private and the public half do not belong together.
    pub fn from_jwk(jwk: &PrivateJwk, kid: &str) -> Result<Self, JwkError> {
        let algorithm = jwk.public.algorithm()?;
        let key = match algorithm {
            Algorithm::Es256 => PrivateKey::Es256(ecdsa(jwk)?),
            Algorithm::EdDsa => PrivateKey::EdDsa(ed25519(jwk)?),
            Algorithm::Rs256 => PrivateKey::Rs256(Box::new(rsa(jwk)?)),
        };
        let header =
            |typ| BASE64URL.encode(json!({"alg": algorithm.name(), "kid": kid, "typ": typ}).to_string());
        Ok(Self { key, access_header: header(ACCESS_TOKEN_TYPE), feed_header: header(FEED_TYPE) })
    }

    /// Signs a payload as a compact JWS of type `at+jwt`.
    ///
    /// # Errors
    /// The system's random generator or the RSA operation failed. Neither depends on the payload.
    pub fn sign(&self, payload: &[u8]) -> Result<SecretToken, SigningFailed> {
        self.sign_with(&self.access_header, payload).map(SecretToken::new)
    }

    /// Signs a payload as a compact JWS of type `revocations+jwt`, which is public.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub fn sign_feed(&self, payload: &[u8]) -> Result<String, SigningFailed> {
        self.sign_with(&self.feed_header, payload)
    }

    fn sign_with(&self, header: &str, payload: &[u8]) -> Result<String, SigningFailed> {
        let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 360);
        token.push_str(header);
        token.push('.');
        BASE64URL.encode_string(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let random = SystemRandom::new();
        match &self.key {
            PrivateKey::Es256(key) => key
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningFailed),
            PrivateKey::EdDsa(key) => Ok(key.sign(message).as_ref().to_vec()),
            PrivateKey::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| SigningFailed)?;
                Ok(signature)
            }
        }
    }
}

/// Signing failed, for a reason that does not depend on the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signing failed")]
pub struct SigningFailed;

fn ecdsa(jwk: &PrivateJwk) -> Result<EcdsaKeyPair, JwkError> {
    let (x, y) = (bytes("x", &jwk.public.x)?, bytes("y", &jwk.public.y)?);
    let public = [&[4][..], &x, &y].concat();
    let private = bytes("d", &jwk.d)?;
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, &public)
        .map_err(|_| JwkError::Inconsistent)
}

fn ed25519(jwk: &PrivateJwk) -> Result<Ed25519KeyPair, JwkError> {
    let (seed, public) = (bytes("d", &jwk.d)?, bytes("x", &jwk.public.x)?);
    Ed25519KeyPair::from_seed_and_public_key(&seed, &public).map_err(|_| JwkError::Inconsistent)
}

fn rsa(jwk: &PrivateJwk) -> Result<RsaKeyPair, JwkError> {
    // Refuses weak keys, with which the library would sign.
    VerifyingKey::from_jwk(&jwk.public)?;
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: bytes("n", &jwk.public.n)?, e: bytes("e", &jwk.public.e)? },
        d: bytes("d", &jwk.d)?,
        p: bytes("p", &jwk.p)?,
        q: bytes("q", &jwk.q)?,
        dP: bytes("dp", &jwk.dp)?,
        dQ: bytes("dq", &jwk.dq)?,
        qInv: bytes("qi", &jwk.qi)?,
    };
    RsaKeyPair::from_components(&components).map_err(|_| JwkError::Inconsistent)
}

fn bytes(name: &'static str, member: &Option<String>) -> Result<Vec<u8>, JwkError> {
    decode_bytes(name, member.as_deref())
}
