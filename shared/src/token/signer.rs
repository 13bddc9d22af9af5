//! Who signs access tokens: a private key, parsed once and kept ready.
//!
//! jsonwebtoken parses its private key anew for every signature; at 17 of the 20 microseconds of a
//! refresh that would be felt, so the key object of the same cryptographic library is kept here.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::json;

use super::SecretToken;
use super::jwk::{Algorithm, Jwk, JwkError};

/// The `typ` of an access token's header: no other kind of token passes for an access token.
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// A private key with its ready-made JOSE header.
pub struct Signer {
    key: PrivateKey,
    header: String,
}

enum PrivateKey {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(Box<RsaKeyPair>),
}

impl Signer {
    /// Takes a private JWK.
    ///
    /// # Errors
    /// A member is missing, or private and public halves do not belong together.
    pub fn from_jwk(jwk: &Jwk, kid: &str) -> Result<Self, JwkError> {
        let algorithm = jwk.algorithm()?;
        let key = match algorithm {
            Algorithm::Es256 => PrivateKey::Es256(ecdsa(jwk)?),
            Algorithm::EdDsa => PrivateKey::EdDsa(ed25519(jwk)?),
            Algorithm::Rs256 => PrivateKey::Rs256(Box::new(rsa(jwk)?)),
        };
        let header = json!({"alg": algorithm.name(), "kid": kid, "typ": ACCESS_TOKEN_TYPE}).to_string();
        Ok(Self { key, header: BASE64URL.encode(header) })
    }

    /// Signs a payload as a compact JWS of type `at+jwt`.
    ///
    /// # Errors
    /// The system gave no randomness, or the RSA key failed; neither depends on the payload.
    pub fn sign(&self, payload: &[u8]) -> Result<SecretToken, SigningFailed> {
        let mut token = String::with_capacity(self.header.len() + payload.len() * 4 / 3 + 360);
        token.push_str(&self.header);
        token.push('.');
        BASE64URL.encode_string(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        Ok(SecretToken::new(token))
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

/// The machine could not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be made")]
pub struct SigningFailed;

fn ecdsa(jwk: &Jwk) -> Result<EcdsaKeyPair, JwkError> {
    let private = jwk.bytes("d", &jwk.d)?;
    let public = [&[4][..], &jwk.x_bytes()?, &jwk.y_bytes()?].concat();
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, &public)
        .map_err(|_| JwkError::Inconsistent)
}

fn ed25519(jwk: &Jwk) -> Result<Ed25519KeyPair, JwkError> {
    Ed25519KeyPair::from_seed_and_public_key(&jwk.bytes("d", &jwk.d)?, &jwk.x_bytes()?)
        .map_err(|_| JwkError::Inconsistent)
}

fn rsa(jwk: &Jwk) -> Result<RsaKeyPair, JwkError> {
    jwk.verifying_key()?;
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: jwk.n_bytes()?, e: jwk.e_bytes()? },
        d: jwk.bytes("d", &jwk.d)?,
        p: jwk.bytes("p", &jwk.p)?,
        q: jwk.bytes("q", &jwk.q)?,
        dP: jwk.bytes("dp", &jwk.dp)?,
        dQ: jwk.bytes("dq", &jwk.dq)?,
        qInv: jwk.bytes("qi", &jwk.qi)?,
    };
    RsaKeyPair::from_components(&components).map_err(|_| JwkError::Inconsistent)
}
