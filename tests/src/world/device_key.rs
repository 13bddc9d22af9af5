//! The key of a browser or app, and the proofs that it signs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use latchkey::domain::time::Timestamp;
use serde_json::{Value, json};

/// The origin of every world.
const ORIGIN: &str = "http://127.0.0.1:9000";

static NEXT_PROOF: AtomicU64 = AtomicU64::new(1);

/// A P-256 key that never leaves its device.
#[derive(Clone)]
pub struct DeviceKey(Arc<EcdsaKeyPair>);

impl DeviceKey {
    /// A new key.
    ///
    /// # Panics
    /// If the system has no randomness.
    pub fn generate() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self(Arc::new(key.expect("the system has randomness")))
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": BASE64URL.encode(&point[1..33]), "y": BASE64URL.encode(&point[33..])})
    }

    /// The thumbprint of the key (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
        BASE64URL.encode(digest(&SHA256, members.as_bytes()))
    }

    /// The claims of a new proof for a request.
    pub fn claims(method: &str, path: &str, now: Timestamp) -> Value {
        let number = NEXT_PROOF.fetch_add(1, Ordering::Relaxed);
        json!({"jti": format!("proof-{number}"), "htm": method, "htu": format!("{ORIGIN}{path}"), "iat": now.seconds()})
    }

    /// A new proof for a request.
    pub fn proof(&self, method: &str, path: &str, now: Timestamp) -> String {
        self.sign(&Self::claims(method, path, now))
    }

    /// A new proof for a request with an access token.
    pub fn proof_with(&self, method: &str, path: &str, now: Timestamp, access: &str) -> String {
        self.sign_for(Self::claims(method, path, now), access)
    }

    /// A proof with these claims and the hash of an access token.
    pub fn sign_for(&self, mut claims: Value, access: &str) -> String {
        claims["ath"] = BASE64URL.encode(digest(&SHA256, access.as_bytes())).into();
        self.sign(&claims)
    }

    /// A proof with these claims.
    ///
    /// # Panics
    /// If the key cannot sign.
    pub fn sign(&self, claims: &Value) -> String {
        self.jws(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}), claims)
    }

    /// A JWS with this header and these claims.
    ///
    /// # Panics
    /// If the key cannot sign.
    pub fn jws(&self, header: &Value, claims: &Value) -> String {
        let signed = [header, claims].map(|part| BASE64URL.encode(part.to_string())).join(".");
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("the key can sign");
        format!("{signed}.{}", BASE64URL.encode(signature))
    }
}
