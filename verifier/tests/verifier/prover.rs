//! A client that proves possession of a key, rightly or wrongly.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use http::HeaderValue;
use latchkey_verifier::RequestId;
use latchkey_verifier::dpop::{ProofKey, Thumbprint, access_token_hash};
use serde_json::{Value, json};

use crate::signer::NOW;

pub(crate) struct Prover(EcdsaKeyPair);

impl Prover {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (BASE64URL.encode(&point[1..33]), BASE64URL.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    }

    pub(crate) fn thumbprint(&self) -> Thumbprint {
        ProofKey::from_jwk(&self.jwk()).unwrap().thumbprint()
    }

    /// A proof for a request with an access token.
    pub(crate) fn proof(&self, method: &str, url: &str, token: &str) -> HeaderValue {
        let mut claims = proof_claims(method, url);
        claims["ath"] = json!(access_token_hash(token));
        self.sign(&claims)
    }

    pub(crate) fn sign(&self, claims: &Value) -> HeaderValue {
        self.sign_with(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}), claims)
    }

    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> HeaderValue {
        let input =
            format!("{}.{}", BASE64URL.encode(header.to_string()), BASE64URL.encode(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        HeaderValue::try_from(format!("{input}.{}", BASE64URL.encode(signature))).unwrap()
    }
}

/// The claims of a proof at [`NOW`], with a `jti` of its own.
pub(crate) fn proof_claims(method: &str, url: &str) -> Value {
    json!({"jti": RequestId::generate().as_str(), "htm": method, "htu": url, "iat": NOW})
}
